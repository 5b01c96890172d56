"""A whole run: from a target to a verdict.

A run has four phases: preflight (is the server there, and does it accept the credentials), the
required scenarios, the other scenarios as far as the time allows, and schemathesis with the rest.
The scenarios of a phase take turns: one that needs long does not keep the others from their first,
most telling cases. It is run again, to its end, after all of them had their turn.

A bug of the fuzzer ends the scenario that it is in, and no more: the others go on. Of the first
sweep, which has cases of many scenarios, it costs only the case. What it would have checked is
reported as not checked, and the verdict is incomplete.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from attrs import frozen

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import preflight, scenarios, signals
from drs_sync_policy.fuzz.counting import Counter
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.findings.grouping import Finding, group, new
from drs_sync_policy.fuzz.ledger import Counts, Exchange, Ledger, Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.preflight import Ending
from drs_sync_policy.fuzz.prober import FROM_SERVER, OVER_BUDGET, Prober, TargetDown, TurnOver
from drs_sync_policy.fuzz.readback import Unreadable
from drs_sync_policy.fuzz.restore import Originals, Restored
from drs_sync_policy.fuzz.rules.registry import hidden_from
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.http import NoResponse, Stopped, Throttled, Wire
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.target.real_service import require_permission
from drs_sync_policy.fuzz.verdict import Verdict

DEFAULT_BUDGET: Final = 30.0
"""Seconds for a run."""
_GRACE: Final = 1.1
"""What is under way when the budget is used up ends within so many times the budget; so does the
counting of cases that are not sent."""
_CHECKING: Final = 5 / 6
"""The part of the budget for checking once a violation was seen; the rest is for the findings.

Required scenarios may use all of it, because a verdict needs them.
"""
_GROUPING_SECONDS: Final = 120.0
"""The most time for the findings of a run without a budget."""
_RESTORING: Final = 0.08
"""The part of the budget that restoring the policies may take in addition."""
_RESTORING_SECONDS: Final = 1.0
"""At least so many seconds for it."""
_RAISE: Final = "raise --budget"
_CRASHED: Final = "the fuzzer itself failed in {}"
_ONLY_REQUIRED: Final = f"a budget of 0 runs only the required scenarios; {_RAISE}"


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a run; `verdict` is what was checked until then."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


@frozen
class Progress:
    """What the run reports while it goes on; every part has a default.

    `begin` gets the record before the first request, `finding` each finding when it is first seen,
    maybe from several threads.
    """

    begin: Callable[[Ledger], None] = lambda ledger: None
    phase: Callable[[str], None] = lambda name: None
    finding: Callable[[Finding], None] = lambda finding: None


def run(
    target: Target,
    *,
    against: Contract | None = None,
    seed: int = 0,
    budget: float = DEFAULT_BUDGET,
    workers: int = 4,
    wire: Wire | None = None,
    progress: Progress | None = None,
    schemathesis: bool = True,
    deep: bool = True,
    enough: Callable[[Ledger], bool] | None = None,
    record: Callable[[Exchange], None] | None = None,
    rules: Collection[str] = (),
) -> Verdict:
    """The verdict on `target`, by an edition of the contract; the shipped base by default.

    `budget` is in seconds, for the whole run, whatever the server does. A budget of 0 runs the
    required scenarios to their end and nothing else. `wire` replaces HTTP, for an application in
    this process; schemathesis then does not run. Without `deep`, the deep set does not run.
    `enough` ends the run early, once what the record shows suffices. `record` gets every exchange,
    from any thread. With `rules`, only these count, and only scenarios of ours run that can check
    one of them. Ctrl-C or SIGTERM raises `Interrupted` with what was checked.
    A real service raises `ProfileError` unless the profile allows it.
    """
    require_permission(target)
    loaded = against or contract.load()
    operation = loaded.operation(contract.BATCH_SET_POLICY)
    ledger = Ledger(loaded.checked_rules(target.operations), selected=rules)
    carrier = wire or over_http(target)
    prober = Prober(Oracle(loaded, operation, target), carrier, ledger, seed=seed, workers=workers)
    ledger.limits.update(hidden_from(target, prober.bodies.fields))
    if enough:
        prober.enough = enough
    if record:
        prober.on_exchange = record
    started = datetime.datetime.now(datetime.UTC)
    ours = wire is not None or bool(rules)
    execution = _Execution(prober, progress or Progress(), budget, schemathesis and not ours, deep)
    with signals.stopping(carrier):
        ending, reason = execution.run()
    verdict = Verdict(
        target=target,
        ledger=ledger,
        ending=ending,
        reason=reason,
        seed=seed,
        seconds=time.monotonic() - execution.started,
        first_failure=execution.first_failure,
        requests_to_failure=execution.requests_to_failure,
        failing_jobs=tuple(
            job for tenant in target.tenants for job in prober.history.failing(tenant)
        ),
        crashes=tuple(execution.crashes),
        timeout=execution.lowered if execution.ended else carrier.lowered,
        contract=loaded,
        findings=execution.findings or group(prober, requests=0),
        restored=execution.restored,
        started=started,
    )
    if ending == "interrupted":
        raise Interrupted(verdict)
    return verdict


class _Execution:
    """One run: its order, its time, and what it saw."""

    def __init__(
        self, prober: Prober, progress: Progress, budget: float, schemathesis: bool, deep: bool
    ) -> None:
        self.prober = prober
        self.progress = progress
        self.budget = budget
        self.schemathesis = schemathesis
        self.deep = deep
        self.started = time.monotonic()
        self.checking = budget
        """Seconds from the start that are for checking."""
        until = float("inf")
        if budget:
            prober.deadline = self.started + budget
            prober.wire.limit(budget * _GRACE)
            until = self.started + budget * _GRACE
        self.counter = Counter(prober, until)
        self.first_failure: float | None = None
        self.requests_to_failure: int | None = None
        self.crashes: list[Crash] = []
        self.ended_by: Crash | None = None
        """The bug of the fuzzer that ended what is under way."""
        self.reported: set[str] = set()
        self.originals: Originals | None = None
        self.restored = Restored()
        self.seen_enough = False
        self.is_required_over = False
        """Whether the required scenarios ended, or used up their time."""
        self.ended = False
        """Whether every case was sent, so that only the policies are left to be restored."""
        self.lowered: float | None = None
        self.findings: tuple[Finding, ...] = ()
        self.during = "preflight"
        prober.on_violation = self._on_violation
        prober.on_crash = self._on_crash
        progress.begin(prober.ledger)

    def run(self) -> tuple[Ending, str]:
        """How the run ended, and why."""
        try:
            return self._to_the_end()
        except TargetDown as error:
            self.counter.explain(f"the server stopped responding before its turn: {error}")
            return "unreachable", str(error)
        except Stopped as error:
            self.counter.explain(OVER_BUDGET)
            return "too little checked", f"{error}, during {self.during}; {_RAISE}"
        except KeyboardInterrupt:
            self.counter.explain("the run was interrupted before its end")
            return "interrupted", f"stopped by hand during {self.during}"
        finally:
            with self._may_fail("closing the connections"):
                self.prober.wire.close()
            self.progress.phase("done")

    def _to_the_end(self) -> tuple[Ending, str]:
        self.progress.phase("preflight")
        obstacle = None
        with self._may_fail("preflight"):
            self.originals = Originals(self.prober)
            self.restored = self.originals.abandoned("the run ended early")
            obstacle = preflight.check(self.prober)
        if obstacle:
            return obstacle
        unfinished = self._scenarios()
        self._stock()
        self.prober.deadline = float("inf")  # what follows has a time of its own
        with self._may_fail("grouping the violations"):
            self.progress.phase("findings")
            if not self.budget:
                self.prober.wire.limit(_GROUPING_SECONDS)
            self.findings = group(self.prober)
        self._restore()
        if self.crashes:
            names = ", ".join(dict.fromkeys(crash.during for crash in self.crashes))
            return "too little checked", f"the fuzzer itself failed in {names}"
        if not (self.prober.ledger.saw_success or self.prober.ledger.selected):
            return "too little checked", "no request was accepted with a 200 or another 2xx"
        if unfinished:
            return "too little checked", f"required scenarios did not run: {', '.join(unfinished)}"
        if unchecked := self.prober.ledger.unchecked(self.prober.target.require):
            return "too little checked", f"required rules were not checked: {', '.join(unchecked)}"
        return "complete", ""

    @contextmanager
    def _may_fail(self, during: str) -> Generator[None]:
        """Limit a bug of the fuzzer to this block."""
        self.during, self.ended_by = during, None
        try:
            yield
        except (*FROM_SERVER, Unreadable):
            raise  # caused by the server
        except Exception as error:  # noqa: BLE001 - a bug of ours says nothing about the server
            self.ended_by = Crash.of(error, during=during)
            self.crashes.append(self.ended_by)

    def _on_crash(self, error: Exception) -> str:
        """Note a bug of the fuzzer that costs a case; of a scenario, the first, as if it ended."""
        crash = Crash.of(error, during=self.during)
        if crash.during not in [known.during for known in self.crashes]:
            self.crashes.append(crash)
        return _CRASHED.format(crash)

    def _scenarios(self) -> list[str]:
        """Run every scenario; the names of the required ones that did not come to their end."""
        first = [scenario for scenario in scenarios.ordered() if not scenario.deep]
        unfinished = self._in_turns([entry for entry in first if entry.required])
        self.is_required_over = True
        self._keep_time_for_findings()
        self._in_turns([entry for entry in first if not entry.required])
        for scenario in scenarios.ordered():
            if scenario.deep and self.deep and not self._has_seen_enough():
                self._deep(scenario)
        return unfinished

    def _has_seen_enough(self) -> bool:
        """Whether no scenario needs to run any more; from then on, always."""
        self.seen_enough = self.seen_enough or self.prober.enough(self.prober.ledger)
        return self.seen_enough

    def _in_turns(self, waiting: Sequence[scenarios.Scenario]) -> list[str]:
        """Run scenarios of the first set; the names of those that did not come to their end.

        Each has an equal share of the time for its turn, and what those before it left of theirs.
        Those that the profile lacks a part for come last: the first reason of a rule stays.
        """
        lacking = [entry for entry in waiting if entry.lacks(self.prober.target)]
        waiting = [entry for entry in waiting if entry not in lacking]
        unfinished: list[str] = []
        begun: dict[str, Counts] = {}
        ledger = self.prober.ledger
        start = time.monotonic()
        share = self._left() / len(waiting) if self.budget and waiting else float("inf")
        for turns_end in (True, False):
            later: list[scenarios.Scenario] = []
            for place, scenario in enumerate(waiting, 1):
                if self._has_seen_enough():
                    return unfinished
                until = max(start + place * share, time.monotonic() + share)
                self.prober.turn_until = until if turns_end else float("inf")
                before = ledger.counts()
                try:
                    if self.counter.is_needed(scenario) and not self._first(scenario):
                        unfinished.append(scenario.name)
                    if scenario.name in begun:
                        ledger.count_once(before, begun[scenario.name])
                except TurnOver:
                    later.append(scenario)
                    begun[scenario.name] = ledger.counts().since(before)
                finally:
                    self.prober.turn_until = float("inf")
            waiting = later
        for scenario in lacking:
            if self._has_seen_enough():
                break
            if self.counter.is_needed(scenario):
                self._first(scenario)
        return unfinished

    def _first(self, scenario: scenarios.Scenario) -> bool:
        """Run a scenario of the first set, or count its cases; False if it was cut short."""
        missing = scenario.lacks(self.prober.target)
        if missing:
            self.counter.count_with_all_parts(scenario, f"the profile has no `{missing}`")
            return True
        if self._left() <= 0 and (self.budget or not scenario.required):
            self.counter.count(scenario, OVER_BUDGET if self.budget else _ONLY_REQUIRED)
            return False
        self.prober.count_until = self.counter.until
        try:
            with self._may_fail(f"the scenario {scenario.name}"):
                self.progress.phase(scenario.name)
                scenario.run(self.prober)
            if self.ended_by:
                with suppress(Exception):  # it may fail in the same place again
                    self.counter.count(scenario, _CRASHED.format(self.ended_by))
        except Unreadable as error:
            self.counter.count(scenario, f"what is stored cannot be read: {error}")
        except (Throttled, NoResponse, Stopped) as error:
            self.counter.count(scenario, f"{scenario.name} stopped: {error}")
            return False
        return True

    def _deep(self, scenario: scenarios.Scenario) -> None:
        """Run a scenario of the deep set. No rule passes in part for lack of its cases."""
        if scenario.lacks(self.prober.target) or self._left() <= 0:
            return
        if not self.counter.is_needed(scenario):
            return
        self.prober.count_until = 0
        with (
            suppress(Unreadable, Throttled, NoResponse, Stopped),
            self._may_fail(f"the scenario {scenario.name}"),
        ):
            self.progress.phase(scenario.name)
            scenario.run(self.prober)

    def _stock(self) -> None:
        left = self._left()
        if not self.schemathesis or left < 1 or self.prober.enough(self.prober.ledger):
            return
        with self._may_fail("schemathesis's own phases"):
            from drs_sync_policy.fuzz import stock

            self.progress.phase("schemathesis")
            stock.run(self.prober, seconds=left)

    def _restore(self) -> None:
        if self.originals is None:
            return
        self.ended, self.lowered = True, self.prober.wire.lowered
        with self._may_fail("restoring the policies"):
            self.progress.phase("restoring the policies")
            # Checking may use all of the time, and what was changed is owed.
            owed = max(self.budget * _RESTORING, _RESTORING_SECONDS)
            self.prober.wire.limit(owed if self.budget else float("inf"))
            self.restored = self.originals.restore()

    def _left(self) -> float:
        return self.started + self.checking - time.monotonic()

    def _keep_time_for_findings(self) -> None:
        if self.budget and self.is_required_over and self.first_failure is not None:
            self.checking = self.budget * _CHECKING
            self.prober.deadline = self.started + self.checking

    def _on_violation(self, violation: Violation) -> None:
        if self.first_failure is None:
            self.first_failure = time.monotonic() - self.started
            self.requests_to_failure = self.prober.ledger.requests
            self._keep_time_for_findings()
        if violation.rule in self.reported:
            return
        found = (one for one in group(self.prober, requests=0) if violation.rule in one.rules)
        for finding in new(found, self.reported):
            self.progress.finding(finding)
