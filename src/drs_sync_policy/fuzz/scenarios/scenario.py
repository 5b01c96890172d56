"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.target.profile import Target


@frozen
class Scenario:
    """Something to do with a target.

    `needs` names the optional parts of a profile without which it cannot run. There is no verdict
    before every `required` one came to its end.
    """

    name: str
    run: Callable[[Prober], None]
    needs: tuple[str, ...] = ()
    required: bool = False
    late: int = 0
    """Its place among those that take long for what they find; 0 where it does not."""
    deep: bool = False
    """Whether it belongs to the deep set, which runs if time is left and makes no verdict."""

    def lacks(self, target: Target) -> str | None:
        """The part of the profile that is missing for it, None where nothing is."""
        present = {
            "other_tenant": target.other is not None,
            "readback": target.readback is not None,
            "blocked_job_ids": bool(target.blocked_job_ids),
            "expired_token": bool(target.expired_token),
            "max_body_bytes": target.max_body_bytes is not None,
        }
        return next((need for need in self.needs if not present[need]), None)
