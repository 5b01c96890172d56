"""A whole run with all cases of our own."""

from __future__ import annotations

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.target.profile import Target


def test_a_faultless_server_is_not_accused(target: Target) -> None:
    """No rule fails, and every rule that this profile allows to check is checked."""
    verdict = run(target, seed=3, budget=60, schemathesis=False)
    ledger = verdict.ledger
    assert [f"{b.rule}: {b.case}: {b.received}" for b in ledger.violations()] == []
    assert verdict.ending == "complete"
    unjudged = {rule for rule in ledger.rules if ledger.status(rule) == "not checked"}
    assert unjudged <= {
        "concurrent-calls-take-turns",
        "oversized-body-is-refused",
        "parameters-match-schema",
    }
