"""An ASGI application is checked in this process, without a socket."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.sandbox.seed import TENANTS


def _verdict(*faults: str, enough: Callable[[Ledger], bool] | None = None) -> Verdict:
    document = sandbox.target_profile("http://application", tenants=TENANTS)
    target = evolve(profile.parse(document), timeout=20)
    with over_asgi(sandbox.create_app(faults=faults), target) as wire:
        return run(target, budget=0, wire=wire, enough=enough)


def test_a_faulty_application_is() -> None:
    """What is lost on the way to the store is seen; tests/contract passes a faultless one."""

    def found(ledger: Ledger) -> bool:
        return ledger.status("accepted-policy-is-stored") == "failed"

    assert found(_verdict("loses-false", enough=found).ledger)
