"""The scenarios of a run: what is sent, in which order, and which rules it puts to the test."""

from __future__ import annotations

from drs_sync_policy.fuzz.scenarios.plan import Scenario

__all__ = ["Scenario", "ordered"]


def ordered() -> tuple[Scenario, ...]:
    """Every scenario: the required ones first, then by how much each finds in its time."""
    from drs_sync_policy.fuzz.scenarios import (
        accepted,
        again,
        batches,
        credentials,
        fields,
        first,
        nearly,
        outcomes,
        plain,
        protocol,
        refused,
        sequences,
        spoken,
        strangers,
        sweep,
        together,
        untouched,
        written,
    )

    found = (
        *plain.SCENARIOS,
        *first.SCENARIOS,
        *sweep.SCENARIOS,
        *outcomes.SCENARIOS,
        *spoken.SCENARIOS,
        *nearly.SCENARIOS,
        *credentials.SCENARIOS,
        *fields.SCENARIOS,
        *batches.SCENARIOS,
        *again.SCENARIOS,
        *untouched.SCENARIOS,
        *strangers.SCENARIOS,
        *together.SCENARIOS,
        *refused.SCENARIOS,
        *written.SCENARIOS,
        *protocol.SCENARIOS,
        *accepted.SCENARIOS,
        *sequences.SCENARIOS,
    )
    return tuple(sorted(found, key=lambda entry: (not entry.required, entry.late)))
