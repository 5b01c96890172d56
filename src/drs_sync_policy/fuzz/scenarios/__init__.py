"""The scenarios of a run: what is sent, in which order, and which rules it puts to the test."""

from __future__ import annotations

from drs_sync_policy.fuzz.scenarios.plan import Scenario

__all__ = ["Scenario", "ordered"]


def ordered() -> tuple[Scenario, ...]:
    """Every scenario: the required ones first, then by how much it finds in its time."""
    from drs_sync_policy.fuzz.scenarios import first, refused

    return (*first.SCENARIOS, *refused.SCENARIOS)
