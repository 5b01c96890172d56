"""Known violations of a target: which of them apply, have expired, or are no longer needed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from attrs import frozen

from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.target.profile import Waiver


@frozen
class Waived:
    """The waivers of a profile, sorted by what became of them."""

    biting: tuple[Waiver, ...] = ()
    expired: tuple[Waiver, ...] = ()
    idle: tuple[Waiver, ...] = ()
    """In force, checked, and not broken any more: to be removed."""
    findings: frozenset[str] = frozenset()
    """The ids of the findings that a baseline knows."""
    rules: frozenset[str] = frozenset()
    """The rules that fail because of these findings and of no other."""

    def covers(self, rule: str) -> bool:
        """Whether a violation of `rule` does not fail the run."""
        return rule in self.rules or any(waiver.rule == rule for waiver in self.biting)

    def covers_finding(self, finding: Finding) -> bool:
        """Whether a baseline knows it, or every rule that fails because of it is waived."""
        return finding.id in self.findings or all(map(self.covers, finding.rules))


def apply(
    waivers: Sequence[Waiver], ledger: Ledger, *, today: datetime.date | None = None
) -> Waived:
    """`waivers`, sorted by what the record says of their rules; `today` is UTC's by default."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    current = [waiver for waiver in waivers if waiver.expires >= today]
    return Waived(
        biting=tuple(entry for entry in current if ledger.status(entry.rule) == "failed"),
        expired=tuple(entry for entry in waivers if entry.expires < today),
        idle=tuple(entry for entry in current if ledger.status(entry.rule) == "passed"),
    )
