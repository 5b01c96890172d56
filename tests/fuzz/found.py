"""Whether the fuzzer finds a fault: by the check of its rule, as one finding."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from attrs import frozen

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.fuzz.target.http import Wire
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


@contextmanager
def planted(*faults: str) -> Generator[tuple[Target, Wire]]:
    """A sandbox with these faults in this process: its profile, and the wire to it."""
    target = target_at("http://application")
    with over_asgi(sandbox.create_app(faults=faults), target) as wire:
        yield target, wire


@frozen
class Found:
    """What a run finds in a sandbox with a fault."""

    violated: frozenset[str]
    """The rules that it violates."""
    named: tuple[str, ...]
    """The rules that the findings name."""
    crashes: tuple[Crash, ...] = ()
    """Where the fuzzer itself failed."""
    failing: float = 0
    """The part of the valid requests that did not get 200."""


def found_by(fault: Fault) -> Found:
    """What the fuzzer finds in a sandbox with the fault."""
    accepted: list[bool] = []

    def record(exchange: Exchange) -> None:
        if exchange.expectation.valid:
            accepted.append(exchange.response is not None and exchange.response.status == 200)

    with planted(fault.name) as (target, wire):
        verdict = run(
            target,
            seed=1,
            budget=60,
            wire=wire,
            enough=lambda ledger: ledger.status(fault.rule) == "failed",
            record=record,
        )
    return Found(
        violated=frozenset(violation.rule for violation in verdict.ledger.violations()),
        named=tuple(finding.rule for finding in verdict.findings),
        crashes=verdict.crashes,
        failing=accepted.count(False) / max(len(accepted), 1),
    )


def is_one_finding(fault: Fault, named: tuple[str, ...]) -> bool:
    """Whether the rules that the findings name are as they should be for this fault."""
    wanted = ((fault.rule,), (OTHER_CAUSE.get(fault.name),))
    return fault.name in SEVERAL or named in wanted


def assert_found(fault: Fault) -> None:
    """The check of its rule finds the fault, and nothing else is reported as another finding."""
    found = found_by(fault)
    assert fault.rule in found.violated, f"{fault.text} Failed: {found}"
    assert is_one_finding(fault, found.named), f"{fault.text} It violates {fault.rule}: {found}"
