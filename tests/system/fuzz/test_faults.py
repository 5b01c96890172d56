"""Every fault is found by the check of its rule, and a sandbox without faults passes."""

from __future__ import annotations

import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.sandbox.faults import Fault
from tests.fuzz.found import CATALOGUE, FIRST_OF_EACH, assert_found, target_at

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    "fault", [each for each in CATALOGUE if each not in FIRST_OF_EACH], ids=lambda fault: fault.name
)
def test_each_fault_is_found_by_its_rule(fault: Fault) -> None:
    """Those that are not the first of their rule, which `make test` looks for."""
    assert_found(fault)


@pytest.mark.parametrize("seed", range(20))
def test_a_faultless_sandbox_passes(seed: int) -> None:
    """20 seeds, schemathesis's own phases included, without a violation."""
    with sandbox.running() as served:
        verdict = run(target_at(served.url), seed=seed, budget=30)
    assert [f"{b.rule}: {b.case}: {b.received}" for b in verdict.ledger.violations()] == []
