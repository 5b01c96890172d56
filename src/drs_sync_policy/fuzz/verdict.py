"""The verdict of a run: fuzz, check, proxy and load give one, and merge joins them."""

from __future__ import annotations

import datetime

from attrs import Factory, field, frozen

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.figures import Figures
from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.preflight import Ending
from drs_sync_policy.fuzz.restore import Restored
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.waivers import Waived, apply


@frozen
class Verdict:
    """What a run came to: the record, how the run ended and why, and how long it took."""

    target: Target
    ledger: Ledger
    ending: Ending
    reason: str
    seed: int | None
    """What chose the requests; None if the run did not send any."""
    seconds: float
    waived: Waived = field(
        default=Factory(lambda run: apply(run.target.waivers, run.ledger), takes_self=True)
    )
    """What the waivers of the profile, or a baseline, cover."""
    first_failure: float | None = None
    """Seconds until the first violation."""
    requests_to_failure: int | None = None
    failing_jobs: tuple[str, ...] = ()
    """The profile's own jobs whose items were sent and never succeeded."""
    crashes: tuple[Crash, ...] = ()
    """Bugs of the fuzzer that ended a scenario."""
    timeout: float | None = None
    """Seconds that a response could take at the end, if they were fewer than the profile says."""
    contract: Contract = field(factory=contract.load, repr=False)
    findings: tuple[Finding, ...] = ()
    """The violations, grouped by cause."""
    restored: Restored = field(factory=Restored)
    """What became of the policies that the run overwrote."""
    notes: tuple[str, ...] = ()
    """What else a reader should know, such as what of a recording was not checked."""
    started: datetime.datetime = field(factory=lambda: datetime.datetime.now(datetime.UTC))
    figures: Figures | None = None
    """What a load measured."""

    @property
    def failed(self) -> bool:
        """Whether any rule failed that no waiver covers."""
        return any(not self.waived.covers(violation.rule) for violation in self.ledger.violations())
