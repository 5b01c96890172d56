"""Stored policies read with the ready preset: the vendor's own operation, which our sandbox has."""

from __future__ import annotations

import copy
from typing import Any, Final

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.fuzz.target.presets import presets
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.sandbox import faults
from drs_sync_policy.sandbox.seed import TENANTS
from tests.fuzz.habits import accusations, to_the_end

SHOWN: Final = (
    "loses-conflict-policy",
    "loses-filter-ddl-policy",
    "loses-index-trans",
    "loses-false",
    "stores-true-for-false",
    "stores-nothing",
    "resets-booleans",
    "resets-enums",
    "replaces-policy",
    "earlier-item-wins",
    "only-last-item-counts",
    "first-call-wins",
    "true-stays-true",
    "stop-stays-stop",
    "toggles-booleans",
)
"""Faults in what is stored of the fields that the operation shows."""
FEW: Final = ("loses-index-trans", "only-last-item-counts", "resets-enums", "stop-stays-stop")
HIDDEN: Final = ("loses-ddl-trans", "loses-slot-name", "numbers-slots", "stores-trimmed")
"""Faults in what is stored of the others."""
BY_NAME: Final = {fault.name: fault for fault in faults.catalogue()}


def _target(url: str) -> Target:
    document: dict[str, Any] = sandbox.target_profile(url, tenants=TENANTS)
    return profile.parse({**document, "readback": {"kind": "batch-detail"}})


def _verdict(name: str, rule: str) -> Verdict:
    """What the rule sees of a fault, until it fails."""
    target = _target("http://application")
    with over_asgi(sandbox.create_app(faults=[name]), target) as wire:
        return run(
            target,
            seed=1,
            budget=0,
            wire=wire,
            rules=[rule],
            enough=lambda ledger: ledger.status(rule) == "failed" or ledger.requests > 900,
        )


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in FEW else pytest.mark.system) for name in SHOWN]
)
def test_a_fault_of_a_field_that_is_shown_is_found(name: str) -> None:
    """By the check of its rule, as one finding, as with the sandbox's own route."""
    rule = BY_NAME[name].rule
    assert [finding.rule for finding in _verdict(name, rule).findings] == [rule]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n == HIDDEN[0] else pytest.mark.system) for n in HIDDEN]
)
def test_a_fault_of_a_field_that_is_not_shown_is_not_guessed(name: str) -> None:
    """The rule passes in part, and its reason names the field."""
    rule = BY_NAME[name].rule
    verdict = _verdict(name, rule)
    assert list(verdict.ledger.violations()) == []
    assert verdict.ledger.status(rule) == "passed"
    assert all(f"`{name}`" in verdict.ledger.reason(rule) for name in ("ddl_trans", "slot_name"))


@pytest.mark.system
@pytest.mark.soak(usual=17, long=20)
@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=() if n < 6 else pytest.mark.long) for n in range(20)]
)
def test_a_faultless_sandbox_passes(amount: int, seed: int) -> None:
    """6 seeds, and 20 in `make soak`, without a violation."""
    with sandbox.running() as served:
        target = _target(served.url)
        verdicts = to_the_end(target, seed=seed, budget=amount)
    assert [text for verdict in verdicts for text in accusations(verdict)] == []


def test_the_schema_of_a_profile_lists_the_presets() -> None:
    """They are derived from the contract; editors complete what the schema lists."""
    known = profile.schema()["properties"]["readback"]["properties"]["kind"]["enum"]
    assert known == list(presets(contract.load()))


def test_an_operation_that_takes_objects_gives_no_preset() -> None:
    """A preset asks for a job by its id, which is a text."""
    document = copy.deepcopy(dict(contract.load().document))
    jobs = document["components"]["schemas"]["BatchQueryJobReqPage"]["properties"]["jobs"]
    jobs["items"] = {"type": "object"}
    assert presets(Contract(document)) == {}
