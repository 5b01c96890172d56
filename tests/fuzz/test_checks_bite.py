"""Rules of the contract, checks of the fuzzer and faults of the sandbox, held together."""

from __future__ import annotations

import pytest

from drs_sync_policy import contract
from drs_sync_policy.fuzz.defects import PARAMETERS_RULE
from drs_sync_policy.fuzz.rules import form
from drs_sync_policy.fuzz.rules.registry import CHECKS, collected
from drs_sync_policy.sandbox.faults import Fault
from drs_sync_policy_contract import RULE_IDS
from tests.fuzz.found import CATALOGUE, FIRST_OF_EACH, assert_found


def test_each_rule_has_exactly_one_check_and_each_check_a_rule() -> None:
    """The registry has the rules of the contract, and the schemas of its parameters."""
    rules = [rule.id for rule in contract.load().rules]
    assert [check.rule for check in CHECKS] == [*rules, PARAMETERS_RULE]


def test_a_rule_with_two_checks_is_an_error() -> None:
    """Which of them is asked would depend on the order of the modules."""
    with pytest.raises(ValueError, match="`status-is-documented` has two checks"):
        collected([form.CHECKS, form.CHECKS])


def test_the_generated_rule_ids_are_those_of_every_edition() -> None:
    """A rule that an edition adds has an id of the type, too."""
    editions = (contract.load(name) for name in contract.editions())
    assert {rule.id for edition in editions for rule in edition.rules} == set(RULE_IDS)


def test_each_check_looks_at_something() -> None:
    """A check without any part would pass whatever a server does."""
    assert [
        check.rule for check in CHECKS if not (check.alone or check.compared or check.stored)
    ] == []


def test_every_rule_has_a_fault_and_every_fault_a_rule() -> None:
    """Each check is proved on a server that violates just its rule."""
    assert {fault.rule for fault in CATALOGUE} == {rule.id for rule in contract.load().rules}


@pytest.mark.parametrize("fault", FIRST_OF_EACH, ids=lambda fault: fault.name)
def test_a_fault_of_each_rule_is_found(fault: Fault) -> None:
    """One fault of each rule is found by the check of that rule, as one finding."""
    assert_found(fault)
