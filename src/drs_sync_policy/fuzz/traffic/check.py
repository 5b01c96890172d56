"""From a file of recorded traffic to a verdict."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.findings.grouping import Finding, new
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.traffic import har, jsonl
from drs_sync_policy.fuzz.traffic.checker import TrafficChecker
from drs_sync_policy.fuzz.traffic.offline import findings
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.fuzz.traffic.redaction import redacted, redacted_finding
from drs_sync_policy.fuzz.verdict import Verdict


def check_file(
    path: Path,
    target: Target,
    *,
    against: Contract | None = None,
    redact_bodies: bool = False,
    progress: Callable[[float], object] | None = None,
    on_finding: Callable[[Finding], None] = lambda finding: None,
) -> Verdict:
    """The verdict on what is recorded in a file: HAR, or `.jsonl` of a report of the fuzzer.

    `progress` gets the share of the file that was read, from 0 to 1.
    `RecordingError` says what is wrong with the file.
    """
    own = path.suffix == ".jsonl"
    with path.open("rb") as file:
        checker = TrafficChecker(
            target,
            against=against,
            controlled=own and jsonl.is_whole(file),
            redact_bodies=redact_bodies,
        )
        exchanges = jsonl.read(file, checker.oracle, path.parent) if own else har.read(file)
        return check_exchanges(
            _watched(exchanges, file, path.stat().st_size, progress),
            checker,
            on_finding=on_finding,
        )


def check_exchanges(
    exchanges: Iterable[Recorded],
    checker: TrafficChecker,
    *,
    on_finding: Callable[[Finding], None] = lambda finding: None,
) -> Verdict:
    """The verdict on exchanges, whatever they come from."""
    started, began = datetime.datetime.now(datetime.UTC), time.monotonic()
    reported: set[str] = set()
    for recorded in exchanges:
        for violation in checker.add(recorded):
            if violation.rule not in reported:
                for finding in new(_findings(checker), reported):
                    on_finding(finding)
    seconds = time.monotonic() - began
    ledger, found = checker.ledger, _findings(checker)
    for rule in ledger.rules:
        ledger.not_checked(rule, checker.missing(rule))
    if checker.redact_bodies:  # not before: the bodies say which violations have one cause
        ledger.change(redacted)
    return Verdict(
        target=checker.target,
        ledger=ledger,
        ending="complete" if checker.checked else "too little checked",
        reason="" if checker.checked else "the recording has no exchange of the operation",
        seed=None,
        seconds=seconds,
        contract=checker.contract,
        findings=found,
        started=started,
        notes=tuple(f"{counted} exchanges: {why}" for why, counted in checker.notes.items()),
    )


def _findings(checker: TrafficChecker) -> tuple[Finding, ...]:
    found = findings(checker.oracle, checker.ledger)
    return tuple(map(redacted_finding, found)) if checker.redact_bodies else found


def _watched(
    exchanges: Iterable[Recorded],
    file: IO[bytes],
    size: int,
    progress: Callable[[float], object] | None,
) -> Iterator[Recorded]:
    for recorded in exchanges:
        yield recorded
        if progress and size:
            progress(file.tell() / size)
