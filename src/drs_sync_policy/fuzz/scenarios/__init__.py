"""The scenarios of a run: what is sent, in which order, and which rules it puts to the test."""

from __future__ import annotations

from drs_sync_policy.fuzz.scenarios.scenario import Scenario

__all__ = ["Scenario", "ordered"]


def ordered() -> tuple[Scenario, ...]:
    """Every scenario: the required ones, then by how much each finds in its time, the deep set."""
    from drs_sync_policy.fuzz.scenarios import (
        accepted,
        batches,
        concurrency,
        credentials,
        fields,
        first,
        invalid_bodies,
        languages,
        pairs,
        plain,
        protocol,
        raw_bodies,
        repeated,
        results,
        sequences,
        similar_ids,
        sweep,
        unchanged,
        unknown_fields,
    )

    found = (
        *plain.SCENARIOS,
        *first.SCENARIOS,
        *sweep.SCENARIOS,
        *results.SCENARIOS,
        *credentials.SCENARIOS,
        *pairs.SCENARIOS,
        *fields.SCENARIOS,
        *unchanged.SCENARIOS,
        *batches.SCENARIOS,
        *repeated.SCENARIOS,
        *concurrency.SCENARIOS,
        *protocol.SCENARIOS,
        *raw_bodies.SCENARIOS,
        *languages.SCENARIOS,
        *similar_ids.SCENARIOS,
        *unknown_fields.SCENARIOS,
        *invalid_bodies.SCENARIOS,
        *accepted.SCENARIOS,
        *sequences.SCENARIOS,
    )
    return tuple(sorted(found, key=lambda entry: (entry.deep, not entry.required, entry.late)))
