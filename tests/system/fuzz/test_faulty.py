"""Servers with the bugs of real implementations are found within a short run."""

from __future__ import annotations

import pytest

from drs_sync_policy.fuzz.active import run
from tests.fuzz import servers
from tests.fuzz.faulty import FAULTY


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_server_is_found(name: str) -> None:
    """Each within a short run."""
    with servers.serving(handler=FAULTY[name]) as server:
        target = servers.target(server)
        verdict = run(
            target,
            seed=1,
            budget=30,
            schemathesis=False,
            enough=lambda ledger: any(ledger.violations()),
        )
    assert verdict.failed
