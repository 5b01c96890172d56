"""The fuzzer is fair: servers unlike ours that keep the contract are not accused."""

from __future__ import annotations

import pytest

from drs_sync_policy.fuzz.active import run
from tests.fuzz import servers
from tests.fuzz.habits import TOGETHER, accusations, assert_not_accused
from tests.fuzz.servers import Habits


@pytest.mark.parametrize("habits", TOGETHER.values(), ids=TOGETHER.keys())
def test_a_server_with_many_habits_of_its_own_is_not_accused(habits: Habits) -> None:
    """Whatever the contract leaves open may be decided otherwise than by our sandbox."""
    assert_not_accused(habits, budget=0)


def test_a_server_that_throttles_is_waited_for() -> None:
    """A 429 is not checked but waited out, and the required scenarios still finish."""
    with servers.serving(Habits(requests_per_second=400, retry_after="1")) as server:
        verdict = run(servers.target(server), seed=5, budget=0, schemathesis=False)
    assert accusations(verdict) == []
    assert verdict.ending == "complete"
    assert server.requests > verdict.ledger.requests


def test_a_slow_server_is_checked_within_the_budget() -> None:
    """A second a request leaves few cases: the verdict says so and accuses nobody."""
    habits = Habits(seconds=1, readback=False, second_tenant=False)
    with servers.serving(habits) as server:
        verdict = run(servers.target(server), seed=5, budget=2.5, workers=16, schemathesis=False)
    assert accusations(verdict) == []
    assert verdict.ending == "too little checked"
    assert "required scenarios" in verdict.reason
    assert "raise --budget" in verdict.ledger.reason("other-media-types-are-refused")
    assert verdict.ledger.times_checked("valid-request-is-accepted")
