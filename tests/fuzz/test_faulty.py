"""Servers with the bugs of real implementations, unknown to the cases, are found in time."""

from __future__ import annotations

import pytest

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.verdict import Ledger
from tests.fuzz import faulty, servers
from tests.fuzz.faulty import FAULTY
from tests.fuzz.servers import Handler

COMMON = (
    faulty.BooleanFromText,
    faulty.JobFromNumber,
    faulty.JobsFromObject,
    faulty.EnumInAnyCase,
    faulty.EnumMayBeEmpty,
    faulty.EnumOfTheFirstItem,
    faulty.AppliesBeforeRejecting,
)


def _found(ledger: Ledger) -> bool:
    return any(True for _ in ledger.violations())


@pytest.mark.parametrize("handler", COMMON)
def test_a_common_bug_is_found_by_the_required_scenarios(handler: type[Handler]) -> None:
    """Whatever the budget: they run first and come to their end."""
    with servers.serving(handler=handler) as server:
        verdict = run(servers.target(server), budget=0, enough=_found)
    assert verdict.failed


@pytest.mark.system
@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_server_is_found(name: str) -> None:
    """Each within a short run."""
    with servers.serving(handler=FAULTY[name]) as server:
        target = servers.target(server)
        verdict = run(target, seed=1, budget=30, schemathesis=False, enough=_found)
    assert verdict.failed
