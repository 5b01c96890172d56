"""Counts the cases of scenarios that a run does not send, or not to their end.

A scenario runs as always, only nothing is sent; `skipping` says what each case could have checked.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from attrs import frozen

from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import OVER_BUDGET, Prober
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.skipping import complete
from drs_sync_policy.fuzz.target.http import Stopped

_TO_SEE: Final = "to see what it checks"


@frozen
class Counter:
    """Counts for the record of `prober`, until a time."""

    prober: Prober
    until: float = float("inf")
    """When to stop, by `time.monotonic`; the record then says that not all cases are counted."""

    def count(self, scenario: Scenario, reason: str) -> None:
        """Count the cases of a scenario that cannot run, or not to its end."""
        self.prober.count_until = self.until
        with self._counted(), self.prober.counting(reason):
            scenario.run(self.prober)

    def count_with_all_parts(self, scenario: Scenario, reason: str) -> None:
        """Count the cases that the profile has too little for, as if it had every part."""
        counting = self._another(self._with_all_parts(), self.prober.ledger)
        counting.only_special = True
        with self._counted(), counting.counting(reason):
            scenario.run(counting)

    def is_needed(self, scenario: Scenario) -> bool:
        """Whether a scenario has a case that can check a selected rule.

        If the profile lacks a part, the cases that need it count, too: the rule then has a reason.
        """
        selected = self.prober.ledger.selected
        if not selected:
            return True
        ledger = Ledger(self.prober.ledger.rules.values())
        lacks = scenario.lacks(self.prober.target)
        oracle = self._with_all_parts() if lacks else self.prober.oracle
        counting = self._another(oracle, ledger)
        counting.enough = lambda ledger: any(map(ledger.times_skipped, selected))
        with suppress(Exception), counting.counting(_TO_SEE):
            scenario.run(counting)
            return counting.enough(ledger)
        return True  # it cannot be counted

    def explain(self, reason: str) -> None:
        """Say of each rule that has no reason yet why it was not checked."""
        for rule in self.prober.ledger.rules:
            self.prober.ledger.not_checked(rule, reason)

    def _with_all_parts(self) -> Oracle:
        oracle = self.prober.oracle
        return Oracle(oracle.contract, oracle.operation, complete(oracle.target))

    def _another(self, oracle: Oracle, ledger: Ledger) -> Prober:
        ours = self.prober
        same = oracle.target.tenant == ours.target.tenant
        bodies = ours.bodies if same else None  # its validators take long to compile
        counting = Prober(oracle, ours.wire, ledger, seed=ours.seed, bodies=bodies)
        counting.count_until = self.until
        return counting

    @contextmanager
    def _counted(self) -> Generator[None]:
        """Note that not all cases are counted if the time for that runs out."""
        try:
            yield
        except Stopped:
            self.prober.ledger.uncounted = True
            self.explain(OVER_BUDGET)
