"""The scenarios of a run: what is sent, and in which order."""

from __future__ import annotations

from drs_sync_policy.fuzz.scenarios.scenario import Scenario

__all__ = ["Scenario", "ordered"]


def ordered() -> tuple[Scenario, ...]:
    """Every scenario: the required ones, then by how much each finds in its time, the deep set."""
    from drs_sync_policy.fuzz.scenarios import concurrency, credentials, optional, sequences
    from drs_sync_policy.fuzz.scenarios.requests import (
        first,
        invalid_bodies,
        pairs,
        protocol,
        raw_bodies,
        sweep,
        valid_bodies,
    )
    from drs_sync_policy.fuzz.scenarios.results import comparisons, languages, similar_ids
    from drs_sync_policy.fuzz.scenarios.state import (
        again,
        batches,
        fields,
        plain,
        unchanged,
        unknown_fields,
    )

    found = (
        *plain.SCENARIOS,
        *first.SCENARIOS,
        *optional.SCENARIOS,
        *sweep.SCENARIOS,
        *unchanged.SCENARIOS,
        *unknown_fields.SCENARIOS,
        *similar_ids.SCENARIOS,
        *comparisons.SCENARIOS,
        *credentials.SCENARIOS,
        *protocol.SCENARIOS,
        *raw_bodies.SCENARIOS,
        *languages.SCENARIOS,
        *batches.SCENARIOS,
        *fields.SCENARIOS,
        *again.SCENARIOS,
        *pairs.SCENARIOS,
        *concurrency.SCENARIOS,
        *invalid_bodies.SCENARIOS,
        *valid_bodies.SCENARIOS,
        *sequences.SCENARIOS,
    )
    return tuple(sorted(found, key=lambda entry: (entry.deep, not entry.required, entry.late)))
