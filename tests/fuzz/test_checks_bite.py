"""Rules of the contract, checks of the fuzzer and faults of the sandbox, held together."""

from __future__ import annotations

import os
from random import Random
from typing import Final

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.oracle import PARAMETERS_RULE
from drs_sync_policy.fuzz.rules.registry import CHECKS, REGISTRY
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.http import Wire
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.sandbox import faults
from drs_sync_policy.sandbox.faults import Fault
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy_contract import RULE_IDS

CATALOGUE = faults.catalogue()
FIRST_OF_EACH = tuple({fault.rule: fault for fault in reversed(CATALOGUE)}.values())


def test_each_rule_has_exactly_one_check_and_each_check_a_rule() -> None:
    """The registry has the rules of the contract, and the schemas of its parameters."""
    rules = [rule.id for rule in contract.load().rules]
    assert [check.rule for check in CHECKS] == [*rules, PARAMETERS_RULE]
    assert len(REGISTRY) == len(CHECKS)


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


OTHER_CAUSE: Final = {
    "batches-in-english-only": "valid-request-is-accepted",
    "chinese-fails": "own-job-succeeds",
    "crashes-on-nesting": "body-must-be-i-json",
    "first-item-decides": "unknown-job-fails-alone",
    "foreign-jobs-changed": "foreign-job-looks-unknown",
    "ids-must-be-uuids": "valid-request-is-accepted",
    "ids-must-have-the-vendor-shape": "unknown-job-fails-alone",
    "item-after-failure-fails": "unknown-job-fails-alone",
    "lost-updates": "later-items-win",
    "nulls-in-success": "status-ties-error-fields",
    "order-by-language": "results-in-request-order",
    "policy-beside-jobs": "omitted-field-keeps-its-value",
    "third-item-fails": "own-job-succeeds",
}
"""Faults whose smallest request shows that another rule says better what is wrong: an id of an own
job is rejected, or two items for one job are enough."""
SEVERAL: Final = frozenset(
    {
        # a run that ends at the first violation may not have seen that the value can be stored
        "first-call-wins",
        # characters beyond Latin-1 become `?`: ids and messages change where the bytes are fine
        "answer-in-latin-1",
        # what is lost depends on the place in a batch of 10 and more; some batches are too large
        # to be made smaller in the time for that
        "round-batch-loses-last",
        "stores-first-item",
        "stores-last-item",
    }
)
"""Faults that may give more than one finding, with the reason."""


def _target(url: str) -> Target:
    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    return profile.parse(sandbox.target_profile(url, tenants=TENANTS, max_body_bytes=limit))


def _is_found(fault: Fault, target: Target, wire: Wire) -> None:
    verdict = run(
        target,
        seed=1,
        budget=60,
        wire=wire,
        enough=lambda ledger: ledger.status(fault.rule) == "failed",
    )
    failed = {violation.rule for violation in verdict.ledger.violations()}
    assert fault.rule in failed, f"{fault.text} Failed: {sorted(failed)}"
    found = [finding.rule for finding in verdict.findings]
    if fault.name not in SEVERAL:
        assert found in ([fault.rule], [OTHER_CAUSE.get(fault.name)]), fault.text


@pytest.mark.parametrize("fault", FIRST_OF_EACH, ids=lambda fault: fault.name)
def test_a_fault_of_each_rule_is_found(fault: Fault) -> None:
    """One fault of each rule is found by the check of that rule, as one finding."""
    target = _target("http://application")
    with over_asgi(sandbox.create_app(faults=[fault.name]), target) as wire:
        _is_found(fault, target, wire)


def _a_third_of_the_rest() -> list[Fault]:
    """Other faults, chosen by the seed in `DRS_FAULT_SEED`; the benchmark runs all of them."""
    rest = [entry for entry in CATALOGUE if entry not in FIRST_OF_EACH]
    random = Random(os.environ.get("DRS_FAULT_SEED", "1"))
    return random.sample(rest, len(rest) // 3)


@pytest.mark.system
@pytest.mark.parametrize("fault", _a_third_of_the_rest(), ids=lambda f: f.name)
def test_each_fault_is_found_by_its_rule(fault: Fault) -> None:
    """Other faults are found as well over HTTP, each by the check of its rule, as one finding."""
    with sandbox.running(faults=[fault.name]) as served:
        target = _target(served.url)
        _is_found(fault, target, over_http(target))


@pytest.mark.system
@pytest.mark.parametrize("seed", range(20))
def test_a_faultless_sandbox_passes(seed: int) -> None:
    """20 seeds, schemathesis's own phases included, without a violation."""
    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    with sandbox.running() as served:
        document = sandbox.target_profile(served.url, tenants=served.tenants, max_body_bytes=limit)
        verdict = run(profile.parse(document), seed=seed, budget=30)
    assert [f"{b.rule}: {b.case}: {b.received}" for b in verdict.ledger.violations()] == []
