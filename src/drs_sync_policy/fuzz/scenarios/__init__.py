"""The scenarios of a run: what is sent, in which order, and which rules it puts to the test."""

from __future__ import annotations

from drs_sync_policy.fuzz.scenarios.scenario import Scenario

__all__ = ["Scenario", "ordered"]


def ordered() -> tuple[Scenario, ...]:
    """Every scenario: the required ones first, then by how much each finds in its time."""
    from drs_sync_policy.fuzz.scenarios import (
        accepted,
        batches,
        credentials,
        fields,
        first,
        plain,
        protocol,
        sequences,
        sweep,
    )
    from drs_sync_policy.fuzz.scenarios import concurrency as together
    from drs_sync_policy.fuzz.scenarios import invalid_bodies as refused
    from drs_sync_policy.fuzz.scenarios import languages as spoken
    from drs_sync_policy.fuzz.scenarios import raw_bodies as written
    from drs_sync_policy.fuzz.scenarios import repeated as again
    from drs_sync_policy.fuzz.scenarios import results as outcomes
    from drs_sync_policy.fuzz.scenarios import similar_ids as nearly
    from drs_sync_policy.fuzz.scenarios import unchanged as untouched
    from drs_sync_policy.fuzz.scenarios import unknown_fields as unknown

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
        *unknown.SCENARIOS,
        *together.SCENARIOS,
        *refused.SCENARIOS,
        *written.SCENARIOS,
        *protocol.SCENARIOS,
        *accepted.SCENARIOS,
        *sequences.SCENARIOS,
    )
    return tuple(sorted(found, key=lambda entry: (not entry.required, entry.late)))
