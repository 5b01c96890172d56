"""Every fault is found by the check of its rule, and a sandbox without faults passes."""

from __future__ import annotations

import os
import random

import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.sandbox.faults import Fault
from tests.fuzz.found import CATALOGUE, FIRST_OF_EACH, assert_found, target_at

REST = [fault for fault in CATALOGUE if fault not in FIRST_OF_EACH]
"""Those that are not the first of their rule, which `make test` looks for."""
SEED = int(os.environ.get("SEED") or 196)
"""The nightly run sets another one each night. The default chooses the faults that catch mutants of
tests/snapshots, so that `tools.mutants` does not skip them."""
THIRD = random.Random(SEED).sample(REST, len(REST) // 3)
"""Those of `make test-system`; `make soak` looks for the others of `REST`."""


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.name, marks=() if fault in THIRD else pytest.mark.long)
        for fault in REST
    ],
)
def test_each_fault_is_found_by_its_rule(fault: Fault) -> None:
    """As one finding."""
    assert_found(fault)


@pytest.mark.soak(usual=14, long=30)
@pytest.mark.parametrize("seed", range(20))
def test_a_faultless_sandbox_passes(amount: int, seed: int) -> None:
    """20 seeds, schemathesis's own phases included, without a violation.

    In `make soak` the deep set runs, too; in `make test-system` others run it.
    """
    with sandbox.running() as served:
        verdict = run(target_at(served.url), seed=seed, budget=amount, deep=amount > 14)
    assert [f"{b.rule}: {b.case}: {b.received}" for b in verdict.ledger.violations()] == []
