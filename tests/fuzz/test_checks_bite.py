"""Rules, checks and faults, held together both ways."""

from __future__ import annotations

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.rules import registry as responses
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.sandbox import faults
from drs_sync_policy.sandbox.faults import Fault

RULES = tuple(rule.id for rule in contract.load().rules)
CATALOGUE = faults.catalogue()
FIRST_OF_EACH = tuple({fault.rule: fault for fault in reversed(CATALOGUE)}.values())


def _checked() -> set[str]:
    checked = {rule for scenario in scenarios.ordered() for rule in scenario.rules}
    return checked | set(responses.CHECKS)


def test_every_rule_has_a_check() -> None:
    """Every rule of the contract is checked."""
    assert set(RULES) - _checked() == set()


def test_every_check_has_a_rule() -> None:
    """Every check belongs to a rule of the contract."""
    assert _checked() - set(RULES) == set()


def test_every_rule_has_a_fault_and_every_fault_a_rule() -> None:
    """Each check is proved on a server that violates just its rule."""
    assert {fault.rule for fault in CATALOGUE} == set(RULES)


def _bites(fault: Fault) -> None:
    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    with sandbox.running(faults=[fault.name]) as served:
        document = sandbox.target_profile(served.url, tenants=served.tenants, max_body_bytes=limit)
        verdict = run(
            profile.parse(document),
            seed=1,
            budget=60,
            schemathesis=False,
            enough=lambda ledger: ledger.status(fault.rule) == "failed",
        )
    broken = {violation.rule for violation in verdict.ledger.violations()}
    assert fault.rule in broken, f"{fault.text} Broken: {sorted(broken)}"


@pytest.mark.parametrize("fault", FIRST_OF_EACH, ids=lambda fault: fault.name)
def test_each_rule_is_seen_broken(fault: Fault) -> None:
    """One fault of each rule is caught, by the check of that rule."""
    _bites(fault)


@pytest.mark.system
@pytest.mark.parametrize(
    "fault", [entry for entry in CATALOGUE if entry not in FIRST_OF_EACH], ids=lambda f: f.name
)
def test_each_fault_is_caught_by_its_rule(fault: Fault) -> None:
    """Every other fault is caught as well, each by the check of its rule."""
    _bites(fault)


@pytest.mark.system
@pytest.mark.parametrize("seed", range(20))
def test_a_faultless_sandbox_is_never_accused(seed: int) -> None:
    """20 seeds, schemathesis's own phases included, without an alarm."""
    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    with sandbox.running() as served:
        document = sandbox.target_profile(served.url, tenants=served.tenants, max_body_bytes=limit)
        verdict = run(profile.parse(document), seed=seed, budget=30)
    assert [f"{b.rule}: {b.case}: {b.received}" for b in verdict.ledger.violations()] == []
