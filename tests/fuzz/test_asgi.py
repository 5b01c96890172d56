"""An ASGI application is checked in this process, without a socket."""

from __future__ import annotations

from attrs import evolve

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.active import Verdict, run
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.sandbox.seed import TENANTS


def _verdict(*faults: str) -> Verdict:
    document = sandbox.target_profile("http://application", tenants=TENANTS)
    target = evolve(profile.parse(document), timeout=20)
    with over_asgi(sandbox.create_app(faults=faults), target) as wire:
        return run(target, budget=0, wire=wire)


def test_a_faultless_application_is_not_accused() -> None:
    """Every required scenario runs, state and requests at once included."""
    verdict = _verdict()
    assert [f"{b.rule}: {b.case}: {b.received}" for b in verdict.ledger.violations()] == []
    assert verdict.ending == "complete"


def test_a_faulty_application_is() -> None:
    """What is lost on the way to the store is seen."""
    assert _verdict("loses-false").ledger.status("accepted-policy-is-stored") == "failed"
