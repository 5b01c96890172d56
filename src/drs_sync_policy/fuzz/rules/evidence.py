"""What checks look at: exchanges, and what was stored before and after them.

Evidence has no connection, no clock and no state of the run. So a check decides the same for what a
scenario sent, for recorded traffic, and for requests of many users.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from drs_sync_policy.fuzz.ledger import Exchange, Kind

Policy = Mapping[str, Any]


@frozen
class Evidence:
    """Exchanges in the order of sending; for the state of jobs, also what is stored."""

    exchanges: tuple[Exchange, ...]
    project_id: str = ""
    """The project whose jobs were read."""
    readable: tuple[str, ...] = ()
    """The fields of a policy that can be read; what is not stored is left out of a policy."""
    before: Mapping[str, Policy] = field(factory=dict[str, Policy])
    """The policy of each job before the exchanges, as far as it is known."""
    after: Mapping[str, Policy] = field(factory=dict[str, Policy])
    """The policy of each job that was read after the exchanges."""
    readings: tuple[Exchange, ...] = ()
    """The exchanges that read `after`, one for each job in its order."""

    @property
    def kind(self) -> Kind:
        """How much there is to look at."""
        if self.after:
            return "state"
        return "relation" if len(self.exchanges) > 1 else "response"
