"""Servers with the bugs of real implementations, unknown to the cases, are found in time."""

from __future__ import annotations

import pytest

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.ledger import Ledger
from tests.fuzz import faulty_items, servers
from tests.fuzz.servers import Handler

COMMON = (
    faulty_items.BooleanFromText,
    faulty_items.JobFromNumber,
    faulty_items.JobsFromObject,
    faulty_items.EnumInAnyCase,
    faulty_items.EnumMayBeEmpty,
    faulty_items.EnumOfTheFirstItem,
    faulty_items.AppliesBeforeRejecting,
)


def _found(ledger: Ledger) -> bool:
    return any(ledger.violations())


@pytest.mark.parametrize("handler", COMMON)
def test_a_common_bug_is_found_by_the_required_scenarios(handler: type[Handler]) -> None:
    """Whatever the budget: they run first and come to their end."""
    with servers.serving(handler=handler) as server:
        verdict = run(servers.target(server), budget=0, enough=_found)
    assert verdict.failed
