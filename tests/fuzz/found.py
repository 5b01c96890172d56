"""Whether the fuzzer finds a fault: by the check of its rule, as one finding."""

from __future__ import annotations

from typing import Final

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.sandbox import faults
from drs_sync_policy.sandbox.faults import Fault
from drs_sync_policy.sandbox.seed import TENANTS

CATALOGUE = faults.catalogue()


FIRST_OF_EACH = tuple({fault.rule: fault for fault in reversed(CATALOGUE)}.values())


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


def target_at(url: str) -> Target:
    """The profile of our sandbox."""
    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    return profile.parse(sandbox.target_profile(url, tenants=TENANTS, max_body_bytes=limit))


def found_by(fault: Fault) -> tuple[set[str], list[str]]:
    """The rules that a sandbox with the fault violates, and those that the findings name."""
    target = target_at("http://application")
    with over_asgi(sandbox.create_app(faults=[fault.name]), target) as wire:
        verdict = run(
            target,
            seed=1,
            budget=60,
            wire=wire,
            enough=lambda ledger: ledger.status(fault.rule) == "failed",
        )
    violated: set[str] = {violation.rule for violation in verdict.ledger.violations()}
    return violated, [finding.rule for finding in verdict.findings]


def is_one_finding(fault: Fault, named: list[str]) -> bool:
    """Whether the rules that the findings name are as they should be for this fault."""
    wanted = ([fault.rule], [OTHER_CAUSE.get(fault.name)])
    return fault.name in SEVERAL or named in wanted


def assert_found(fault: Fault) -> None:
    """The check of its rule finds the fault, and nothing else is reported as another finding."""
    violated, named = found_by(fault)
    assert fault.rule in violated, f"{fault.text} Failed: {sorted(violated)}"
    assert is_one_finding(fault, named), (
        f"{fault.text} It violates {fault.rule}, and the findings are {named}"
    )
