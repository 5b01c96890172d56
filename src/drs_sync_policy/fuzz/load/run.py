"""A load from beginning to verdict: this process sees whether it can begin, another runs Locust."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import preflight
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.evidence.decode import Decoder
from drs_sync_policy.fuzz.figures import Figures
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.load import tally
from drs_sync_policy.fuzz.load.settings import Settings
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.preflight import Ending
from drs_sync_policy.fuzz.prober import Prober, TargetDown
from drs_sync_policy.fuzz.restore import Originals, Restored
from drs_sync_policy.fuzz.rules.registry import CHECKS
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.http import NoResponse, Throttled
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.traffic.offline import findings
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.text import counted

Event = Mapping[str, Any]
"""Something that the process of Locust says: `what` happened, and details."""
_COMMAND: Final = (sys.executable, "-P", "-m", "drs_sync_policy.fuzz.load.process")
_SHOWN: Final = 4000


class CannotBegin(Exception):
    """The load cannot begin as it was asked for; the text says why."""


class _NoMaster(Exception):
    """No master was there for so long that the worker gave up."""


def run(
    settings: Settings,
    target: Target,
    *,
    against: Contract,
    progress: Callable[[Event], object] = lambda event: None,
) -> Verdict:
    """The verdict on a target under load; as a master, with what its workers saw.

    `progress` gets what happens meanwhile. Ctrl-C ends the load early, and its verdict says so.
    """
    load = Load(target, against)
    ending, reason = _run(load, settings, progress)
    return load.verdict(ending, reason)


def work(
    settings: Settings,
    target: Target,
    *,
    against: Contract,
    progress: Callable[[Event], object] = lambda event: None,
) -> tuple[Ending, str]:
    """Work for a master until it ends; how that ended, and why."""
    load = Load(target, against)
    try:
        obstacle = preflight.check(load.prober, readback=False)
    except TargetDown as error:
        return "unreachable", str(error)
    if obstacle:
        return obstacle
    try:
        interrupted = _follow(load, settings, progress)
    except _NoMaster:
        where = f"{settings.host}:{settings.port}"
        return "unreachable", f"no master of a load at {where}; start it with `--master` there"
    if load.crashes:
        return "too little checked", f"the worker failed: {load.crashes[0].trace}"
    return ("interrupted", "stopped by hand") if interrupted else ("complete", "")


class Load:
    """A load, as a process sees it that takes no part: what was found, and what that means."""

    def __init__(self, target: Target, against: Contract) -> None:
        self._against = against
        self._started = datetime.datetime.now(datetime.UTC)
        oracle = Oracle.of_target(target, against)
        ledger = Ledger(against.checked_rules(target.operations))
        self.prober: Prober = Prober(oracle, over_http(target), ledger, seed=0)
        self.figures: Figures | None = None
        self.crashes: tuple[Crash, ...] = ()
        self._died = 0
        """How many processes that check responses have died."""
        self.restored: Restored = Restored()

    def enter(self, event: Event) -> None:
        """Take over what Locust has collected."""
        self.figures = Figures.from_json(event["figures"])
        total = event["total"]
        decoder = Decoder.of(self.prober.oracle, Path())  # all bodies are in the evidence itself
        tally.enter(total, self.prober.ledger, decoder)
        self._died = len(total.get("died", ()))
        self.crashes = tuple(
            Crash("the load", error, trace) for trace, error in total.get("crashes", {}).items()
        )

    def ending(self) -> tuple[Ending, str]:
        """How a load ended that was not stopped, and why."""
        ledger, figures = self.prober.ledger, self.figures
        if self.crashes:
            return "too little checked", f"the fuzzer itself failed: {self.crashes[0].error}"
        if figures is not None and figures.lost == figures.workers:
            return "too little checked", "every worker stopped before the end"
        if figures is not None and self._died and self._died + figures.lost >= figures.workers:
            return "too little checked", (
                "the process that checks the responses died; what it had checked counts"
            )
        if not ledger.saw_success:
            return "too little checked", "no request was accepted with a 200 or another 2xx"
        if unchecked := ledger.unchecked(self.prober.target.require):
            return "too little checked", f"required rules were not checked: {', '.join(unchecked)}"
        return "complete", ""

    def verdict(self, ending: Ending, reason: str) -> Verdict:
        """The verdict."""
        target, ledger = self.prober.target, self.prober.ledger
        for rule in ledger.rules:
            if not ledger.times_checked(rule):
                ledger.not_checked(rule, self._missing(rule))
        took = datetime.datetime.now(datetime.UTC) - self._started
        return Verdict(
            target=target,
            ledger=ledger,
            ending=ending,
            reason=reason,
            seed=None,
            seconds=self.figures.seconds if self.figures else took.total_seconds(),
            contract=self._against,
            crashes=self.crashes,
            findings=findings(self.prober.oracle, ledger),
            restored=self.restored,
            notes=tuple(self._notes()),
            started=self._started,
            figures=self.figures,
        )

    def _notes(self) -> Iterator[str]:
        if self.figures is not None and self.figures.lost:
            yield (
                f"{self.figures.lost} of {self.figures.workers} workers stopped before the end;"
                " what they had reported counts"
            )
        if self._died:
            yield (
                f"{counted(self._died, 'process', 'processes')} that check responses died; what"
                " they had checked counts"
            )

    def _missing(self, rule: str) -> str:
        """Why no request of the load checked a rule."""
        is_state = any(check.rule == rule and check.kind == "state" for check in CHECKS)
        if is_state and self.prober.target.readback is None:
            return "the profile has no `readback`"
        return "no request of a load checks it"


def _run(load: Load, settings: Settings, progress: Callable[[Event], object]) -> tuple[Ending, str]:
    """How the load ended, and why."""
    try:
        originals = Originals(load.prober)
        obstacle = preflight.check(load.prober)
    except TargetDown as error:
        return "unreachable", str(error)
    if obstacle:
        return obstacle
    try:
        interrupted = _follow(load, settings, progress)
    finally:
        load.restored = originals.restore()
    if interrupted:
        return "interrupted", "the load was stopped by hand"
    try:
        load.prober.reach(load.prober.request(b""))
    except TargetDown as error:
        return "unreachable", f"the server stopped responding under load: {error}"
    except (NoResponse, Throttled):
        pass  # it is there
    return load.ending()


def _follow(load: Load, settings: Settings, progress: Callable[[Event], object]) -> bool:
    """Run Locust to the end; True if it was stopped by hand."""
    interrupted = False

    def listen(lines: IO[bytes]) -> None:
        for line in lines:
            event: dict[str, Any] = json.loads(line)
            if event["what"] == "end":
                load.enter(event)
            elif event["what"] == "port in use":
                where = f"{settings.host}:{settings.port}"
                raise CannotBegin(f"cannot listen on {where}: {event['error']}")
            elif event["what"] == "no master":
                raise _NoMaster
            progress(event)

    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(  # noqa: S603 - our own module
            [*_COMMAND, settings.as_text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for us: its standard input then ends
        ) as process:
            if process.stdin is None or process.stdout is None:
                raise AssertionError
            try:
                listen(process.stdout)
            except KeyboardInterrupt:
                interrupted = True
                process.stdin.close()
                listen(process.stdout)
        if process.returncode:
            errors.seek(0)
            trace = errors.read().decode("utf-8", "replace")[-_SHOWN:].strip()
            error = f"the process of Locust ended with {process.returncode}"
            load.crashes = (*load.crashes, Crash("the load", error, trace or error))
    return interrupted
