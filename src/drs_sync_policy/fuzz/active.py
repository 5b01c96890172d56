"""A whole run: from a target to a verdict.

Every run goes the same way: is the server there and does it let us in; the scenarios that no run
does without; the rest of ours, as far as the time allows; schemathesis with what is left of it.

A fault of the judge itself ends the scenario that it is in, and no more: the others go on, what it
would have checked is told as not checked, and the run is no full verdict.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Final, Literal

from attrs import field, frozen

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.findings import Finding, group
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Gone, Prober
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.http import NoResponse, Throttled, Wire
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.target.real_service import require_permission
from drs_sync_policy.fuzz.verdict import Ledger, Violation
from drs_sync_policy.fuzz.waivers import Waived, apply

DEFAULT_BUDGET: Final = 30.0
"""Seconds for what is not required."""

Ending = Literal["complete", "unreachable", "not allowed in", "too little checked", "interrupted"]


@frozen
class Verdict:
    """What a run came to: the record, how the run ended and why, and how long it took."""

    target: Target
    ledger: Ledger
    waived: Waived
    ending: Ending
    reason: str
    seed: int
    seconds: float
    first_failure: float | None = None
    """Seconds until the first violation."""
    requests_to_failure: int | None = None
    failing_jobs: tuple[str, ...] = ()
    """The profile's own jobs of which no item ever succeeded, though some were sent."""
    crashes: tuple[Crash, ...] = ()
    """Faults of the judge itself."""
    contract: Contract = field(factory=contract.load, repr=False)
    findings: tuple[Finding, ...] = ()
    """The violations, grouped by cause."""

    @property
    def broken(self) -> bool:
        """Whether any promise is broken that no waiver covers."""
        return any(not self.waived.covers(violation.rule) for violation in self.ledger.violations())


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a run; `verdict` is what was checked until then."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


@frozen
class Progress:
    """What the run tells while it goes on; every part may be left as it is.

    `violation` gets the first violation of each rule.
    """

    phase: Callable[[str], None] = lambda name: None
    violation: Callable[[Violation], None] = lambda violation: None


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
    enough: Callable[[Ledger], bool] | None = None,
) -> Verdict:
    """The verdict on `target`, by an edition of the contract; the shipped base by default.

    `budget` is in seconds; the required scenarios are finished whatever it is. `wire` replaces
    HTTP, for an application in this process; schemathesis then does not run. `enough` ends the run
    early, once what the record shows suffices. Ctrl-C raises `Interrupted` with what was checked.
    A real service raises `ProfileError` unless the profile allows it.
    """
    require_permission(target)
    loaded = against or contract.load()
    operation = loaded.operation(contract.BATCH_SET_POLICY)
    ledger = Ledger(loaded.rules)
    prober = Prober(
        Oracle(loaded, operation, target),
        wire or over_http(target),
        ledger,
        seed=seed,
        workers=workers,
    )
    if enough:
        prober.enough = enough
    keeper = _Keeper(prober, progress or Progress(), budget, schemathesis and wire is None)
    ending, reason = keeper.run()
    verdict = Verdict(
        target=target,
        ledger=ledger,
        waived=apply(target.waivers, ledger),
        ending=ending,
        reason=reason,
        seed=seed,
        seconds=time.monotonic() - keeper.started,
        first_failure=keeper.first_failure,
        requests_to_failure=keeper.requests_to_failure,
        failing_jobs=tuple(
            job
            for tenant in (target.tenant, target.other)
            if tenant
            for job in prober.history.failing(tenant)
        ),
        crashes=tuple(keeper.crashes),
        contract=loaded,
        findings=group(ledger),
    )
    if ending == "interrupted":
        raise Interrupted(verdict)
    return verdict


class _Keeper:
    """Keeps the time and the order of one run."""

    def __init__(
        self, prober: Prober, progress: Progress, budget: float, schemathesis: bool
    ) -> None:
        self.prober = prober
        self.progress = progress
        self.budget = budget
        self.schemathesis = schemathesis
        self.started = time.monotonic()
        self.first_failure: float | None = None
        self.requests_to_failure: int | None = None
        self.crashes: list[Crash] = []
        self.told: set[str] = set()
        self.during = "knocking"
        prober.on_violation = self._on_violation

    def run(self) -> tuple[Ending, str]:
        """How the run ended, and why."""
        try:
            return self._from_knock_to_end()
        except Gone as error:
            self._explain(f"the server was gone before its turn: {error}")
            return "unreachable", str(error)
        except KeyboardInterrupt:
            self._explain("the run was interrupted before its end")
            return "interrupted", f"stopped by hand during {self.during}"
        finally:
            with self._may_fail("letting go of the connections"):
                self.prober.wire.close()
            self.progress.phase("done")

    def _from_knock_to_end(self) -> tuple[Ending, str]:
        refused = None
        with self._may_fail("knocking"):
            refused = self._knock()
        if refused:
            return refused
        unfinished = self._scenarios()
        self._stock()
        if self.crashes:
            names = ", ".join(dict.fromkeys(crash.during for crash in self.crashes))
            return "too little checked", f"the judge itself failed in {names}"
        if not self.prober.ledger.saw_success:
            return "too little checked", "no request was ever taken with a 200, or any 2xx"
        if unfinished:
            return "too little checked", f"required scenarios did not run: {', '.join(unfinished)}"
        return "complete", ""

    @contextmanager
    def _may_fail(self, during: str, rules: Iterable[str] = ()) -> Generator[None]:
        """Keep a fault of the judge to this block; `rules` are not checked by it."""
        self.during = during
        try:
            yield
        except (Gone, Throttled, NoResponse):
            raise  # the server's doing
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no verdict on the server
            crash = Crash.of(error, during=during)
            self.crashes.append(crash)
            for rule in rules:
                self.prober.ledger.not_checked(rule, f"the judge itself failed in {crash}")

    def _knock(self) -> tuple[Ending, str] | None:
        """Whether the server is there and takes the credentials; None where it does."""
        self.progress.phase("knocking")
        prober = self.prober
        request = prober.request({"jobs": [{"job_id": prober.target.tenant.job_ids[0]}]})
        try:
            response = prober.reach(request)
        except Throttled as error:
            return "too little checked", f"the server throttles every request: {error}"
        except NoResponse as error:
            return "unreachable", str(error)
        if response.status in (401, 403):
            return "not allowed in", (
                f"the server answered {response.status} to the profile's own token and "
                "project; check `token` (or the variable of `token_env`) and `project_id`"
            )
        return None

    def _scenarios(self) -> list[str]:
        """Run every scenario; the names of the required ones that did not come to their end."""
        unfinished: list[str] = []
        for scenario in scenarios.ordered():
            if self.prober.enough(self.prober.ledger):
                break
            missing = scenario.lacks(self.prober.target)
            if missing:
                self._skip(scenario, f"the profile has no `{missing}`")
                continue
            if not scenario.required and self._left() <= 0:
                self._skip(scenario, "the budget was used up before its turn; raise --budget")
                continue
            self.prober.deadline = float("inf") if scenario.required else self.started + self.budget
            try:
                with self._may_fail(f"the scenario {scenario.name}", scenario.rules):
                    self.progress.phase(scenario.name)
                    scenario.run(self.prober)
            except (Throttled, NoResponse) as error:
                self._skip(scenario, f"{scenario.name} stopped: {error}")
                if scenario.required:
                    unfinished.append(scenario.name)
        return unfinished

    def _stock(self) -> None:
        left = self._left()
        if not self.schemathesis or left < 1 or self.prober.enough(self.prober.ledger):
            return
        with self._may_fail("schemathesis's own phases"):
            from drs_sync_policy.fuzz import stock

            self.progress.phase("schemathesis")
            stock.run(self.prober, seconds=left)

    def _left(self) -> float:
        return self.started + self.budget - time.monotonic()

    def _skip(self, scenario: scenarios.Scenario, reason: str) -> None:
        for rule in scenario.rules:
            self.prober.ledger.not_checked(rule, reason)

    def _explain(self, reason: str) -> None:
        for rule in self.prober.ledger.rules:
            self.prober.ledger.not_checked(rule, reason)

    def _on_violation(self, violation: Violation) -> None:
        if self.first_failure is None:
            self.first_failure = time.monotonic() - self.started
            self.requests_to_failure = self.prober.ledger.requests
        if violation.rule not in self.told:
            self.told.add(violation.rule)
            self.progress.violation(violation)
