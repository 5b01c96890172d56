"""`verdict.json`, the whole verdict, and `exchanges.jsonl`.

The latter has every exchange of a run of the fuzzer. Of other runs it has those of the findings: a
report does not copy the traffic of others.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, TextIO

import jsonschema_rs

from drs_sync_policy.fuzz import coverage
from drs_sync_policy.fuzz.evidence.decode import EvidenceError
from drs_sync_policy.fuzz.evidence.encode import Encoder
from drs_sync_policy.fuzz.evidence.targets import described
from drs_sync_policy.fuzz.ledger import Exchange, RuleStatus
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import Verdict

VERDICT: Final = "verdict.json"
EXCHANGES: Final = "exchanges.jsonl"
_Status = RuleStatus | Literal["passed in part"]
FORMAT: Final = 2
"""The version of the format; it rises when a reader of the old one could not read the new one."""


def schema() -> dict[str, Any]:
    """The JSON Schema of `verdict.json`."""
    text = files("drs_sync_policy.fuzz.evidence").joinpath("verdict.schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def write(
    verdict: Verdict, folder: Path, *, profile: Path | None = None, recorded: bool = False
) -> None:
    """Write `verdict.json`; `profile` is noted relative to the folder.

    Also `exchanges.jsonl`, unless a `Recorder` has `recorded` all of a run there.
    """
    document = as_json(verdict, folder, profile=profile)
    found = document.pop("exchanges")
    if not recorded:
        with (folder / EXCHANGES).open("w", encoding="ascii") as file:
            for number, entry in enumerate(found, 1):
                untimed = {"number": number, "began": None, "ended": None, **entry}
                file.write(json.dumps(untimed) + "\n")
    exchanges = ",\n  ".join(map(json.dumps, found))
    head = json.dumps(document, indent=1).removesuffix("\n}")
    text = f'{head},\n "exchanges": [\n  {exchanges}\n ]\n}}\n'  # an exchange is a line
    (folder / VERDICT).write_text(text, encoding="ascii")


def as_json(
    verdict: Verdict, folder: Path | None = None, *, profile: Path | None = None
) -> dict[str, Any]:
    """The verdict; long bodies go into files below `folder`."""
    exchanges: list[dict[str, Any]] = []
    ours = not verdict.ledger.recorded
    encoder = Encoder.of(verdict.target, folder, ours=ours, exchanges=exchanges)
    given = {} if profile is None or folder is None else {"profile": _relative(profile, folder)}
    ledger = verdict.ledger
    findings = [
        encoder.finding(finding, waived=verdict.waived.covers_finding(finding))
        for finding in verdict.findings
    ]
    return {
        "format": FORMAT,
        "tool": {"name": "drs-sync-policy", "version": version("drs-sync-policy")},
        "contract": {
            "title": verdict.contract.title,
            "version": verdict.contract.version,
            "sha256": verdict.contract.sha256,
        },
        "target": {"url": verdict.target.url, **given, **described(verdict.target)},
        "started": verdict.started.isoformat(),
        "seed": verdict.seed,
        "seconds": round(verdict.seconds, 3),
        "requests": ledger.requests,
        "statuses": {str(status): times for status, times in sorted(ledger.statuses.items())},
        "ending": verdict.ending,
        "reason": encoder.redact.text(verdict.reason),
        "notes": [encoder.redact.text(note) for note in verdict.notes],
        "recorded": ledger.recorded,
        "uncounted": ledger.uncounted,
        "rules": [*_rules(verdict, encoder)],
        "coverage": [
            {"part": row.part, "name": row.name, "value": row.value, "times": row.times}
            for row in coverage.rows(verdict.contract, ledger.coverage, verdict.target.operations)
        ],
        "findings": findings,
        **({"load": verdict.figures.as_json()} if verdict.figures else {}),
        "exchanges": exchanges,
    }


def read(folder: Path) -> dict[str, Any]:
    """The document of a report's `verdict.json`; `EvidenceError` if it is none."""
    path = folder / VERDICT
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvidenceError(f"`{path}` cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise EvidenceError(f"`{path}` is not JSON: {error}") from None
    problem = next(iter(jsonschema_rs.validator_for(schema()).iter_errors(document)), None)
    if problem:
        where = "/".join(map(str, problem.instance_path))
        raise EvidenceError(
            f"`{path}` is not a verdict of format {FORMAT}: {where}: {problem.message}"
        )
    return document


def before(folder: Path, exchange: Mapping[str, Any], *, most: int) -> list[dict[str, Any]]:
    """What was sent right before an exchange of the verdict, by `exchanges.jsonl`, in its order.

    Empty if there is no such file, if the exchange is not in it, or if the file has only exchanges
    of findings, without the times of a run.
    """
    wanted = json.dumps(exchange)[1:] + "\n"
    earlier: deque[str] = deque(maxlen=most)
    found: list[str] = []
    with suppress(OSError, ValueError), (folder / EXCHANGES).open(encoding="ascii") as file:
        for line in file:
            if line.endswith(wanted):
                found = [*earlier]
            earlier.append(line)
    entries: list[dict[str, Any]] = [json.loads(line) for line in found]
    return [entry for entry in entries if entry["began"] is not None]


_SAME: Final = ("method", "path", "headers", "body", "chunked", "cuts", "fresh")


def same_request(folder: Path, exchange: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The exchanges of `exchanges.jsonl` with the request of one of the verdict, in their order.

    None if the file has only exchanges of findings, without the times of a run.
    """
    sent = exchange["request"]
    wanted = [f'"{name}": {json.dumps(sent[name])}, ' for name in _SAME if name in sent]
    with suppress(OSError, ValueError), (folder / EXCHANGES).open(encoding="ascii") as file:
        for line in file:
            if all(part in line for part in wanted):
                entry: dict[str, Any] = json.loads(line)
                if entry["began"] is not None:
                    yield entry


class Recorder:
    """Writes each exchange of a run as a line of `exchanges.jsonl`. Any thread may use it.

    `began` and `ended` are seconds since 1970, as the fuzzer saw them.
    """

    def __init__(self, target: Target, folder: Path) -> None:
        self._encoder = Encoder.of(target, folder)
        self._lock = threading.Lock()
        self._number = 0
        self._file: TextIO = (folder / EXCHANGES).open("w", encoding="ascii")

    def __call__(self, exchange: Exchange) -> None:
        """Write one exchange."""
        ended = time.time()
        began = ended - (exchange.response.seconds if exchange.response else 0)
        times = {"began": round(began, 6), "ended": round(ended, 6)}
        entry = {**times, **self._encoder.exchange(exchange)}
        with self._lock:
            if not self._file.closed:
                self._number += 1
                self._file.write(json.dumps({"number": self._number, **entry}) + "\n")

    def close(self) -> None:
        """End the file."""
        with self._lock:
            self._file.close()


def _rules(verdict: Verdict, encoder: Encoder) -> Iterator[dict[str, Any]]:
    ledger = verdict.ledger
    for rule in ledger.rules:
        status: _Status = ledger.status(rule)
        if status == "failed" and verdict.waived.covers(rule):
            status = "waived"
        if ledger.passed_in_part(rule):
            status = "passed in part"
        yield {
            "id": rule,
            "status": status,
            "checked": ledger.times_checked(rule),
            "skipped": ledger.times_skipped(rule),
            "reason": encoder.redact.text(ledger.reason(rule)),
        }


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
