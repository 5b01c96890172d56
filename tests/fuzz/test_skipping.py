"""Cases that are not sent are counted by the rules that they could have checked."""

from __future__ import annotations

import itertools
import math

import pytest
from attrs import evolve

from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.prober import Prober, TurnOver
from drs_sync_policy.fuzz.skipping import Checkable
from tests.fuzz import servers
from tests.fuzz.servers import Habits

SCENARIOS = ("media types", "credentials before the body", "mixtures", "repeats", "fields at once")


@pytest.mark.parametrize("name", SCENARIOS)
def test_as_many_cases_are_skipped_as_would_be_checked(name: str) -> None:
    """Counting sends nothing, and comes to the numbers of a run on a server that passes."""
    (scenario,) = (entry for entry in scenarios.ordered() if entry.name == name)
    with servers.serving(Habits()) as server:
        sending, counting = (servers.prober(servers.target(server)) for _ in range(2))
        scenario.run(sending)
        before = server.requests
        with counting.counting("for this test"):
            scenario.run(counting)
        assert server.requests == before
        sending.wire.close()
    rules = sending.ledger.rules
    checked = {rule: sending.ledger.times_checked(rule) for rule in rules}
    skipped = {rule: counting.ledger.times_skipped(rule) for rule in rules}
    assert sum(checked.values()) > 0
    assert skipped == checked


@pytest.mark.parametrize("sent", [7, 30])
def test_a_scenario_that_is_begun_again_counts_each_case_once(sent: int) -> None:
    """Its turn ends after 20 requests, and the time of the run after some of them again."""
    (scenario,) = (entry for entry in scenarios.ordered() if entry.name == "media types")
    with servers.serving(Habits()) as server:
        whole, cut = (servers.prober(servers.target(server)) for _ in range(2))
        cut.workers = 1
        scenario.run(whole)
        before = cut.ledger.counts()
        _after(20, cut, "turn_until")
        with pytest.raises(TurnOver):
            scenario.run(cut)
        cut.turn_until = math.inf
        first = cut.ledger.counts()
        _after(sent, cut, "deadline")
        scenario.run(cut)
        cut.ledger.count_once(first, first.since(before))
        whole.wire.close()
    rules = whole.ledger.rules
    numbers = {
        rule: (cut.ledger.times_checked(rule), cut.ledger.times_skipped(rule)) for rule in rules
    }
    assert {rule: sum(both) for rule, both in numbers.items()} == {
        rule: whole.ledger.times_checked(rule) for rule in rules
    }
    accepted = 8  # media types among the first
    assert numbers["other-media-types-are-refused"][0] >= max(20, sent) - accepted
    assert any(skipped for _, skipped in numbers.values())


def _after(number: int, prober: Prober, end: str) -> None:
    """Let a time of the prober be over after so many requests."""
    sent = itertools.count(1)

    def count(_: Exchange) -> None:
        if next(sent) == number:
            setattr(prober, end, 0)

    prober.on_exchange = count


def test_what_the_profile_does_not_allow_leaves_rules_unchecked_or_in_part() -> None:
    """Without a readback no rule about what is stored is checked; others are in part."""
    with servers.serving(Habits()) as server:
        target = evolve(servers.target(server), readback=None, other=None)
        ledger = run(target, budget=0, schemathesis=False).ledger
    assert ledger.status("later-items-win") == "not checked"
    assert "readback" in ledger.reason("later-items-win")
    assert ledger.status("foreign-job-looks-unknown") == "not checked"
    assert "other_tenant" in ledger.reason("foreign-job-looks-unknown")
    assert ledger.passed_in_part("repeating-is-harmless")
    assert ledger.times_skipped("repeating-is-harmless") > 0
    assert "budget" in ledger.reason("job-id-is-opaque")


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        ("other_tenant", "foreign-job-looks-unknown"),
        pytest.param("blocked_job_ids", "blocked-job-fails-alone", marks=pytest.mark.system),
        ("max_body_bytes", "oversized-body-is-refused"),
        pytest.param("readback", "later-items-win", marks=pytest.mark.system),
    ],
)
def test_a_selected_rule_names_the_missing_part_of_the_profile(part: str, rule: str) -> None:
    """Although a run of one rule does not begin the scenarios that cannot check it."""
    with servers.serving(Habits()) as server:
        target = evolve(
            servers.target(server),
            readback=None,
            other=None,
            blocked_job_ids=(),
            max_body_bytes=None,
        )
        ledger = run(target, budget=0, rules=[rule]).ledger
    assert ledger.status(rule) == "not checked"
    assert f"`{part}`" in ledger.reason(rule)


def test_requests_of_one_kind_can_check_the_same_rules() -> None:
    """What is remembered for a kind of request is what a new look at each of its requests says."""
    wire = servers.Capturing()
    with servers.serving() as server:
        prober = servers.prober(servers.target(server), wire)
    names = ("a first sweep", "nearly own jobs", "pairs of conditions", "chunks")
    for scenario in scenarios.ordered():
        if scenario.name in names:
            scenario.run(prober)
    oracle = prober.oracle
    remembering, wrong = Checkable(oracle), set[str]()
    for request in wire.requests:
        expectation = oracle.expect(request)
        known = remembering.rules(request, expectation)
        if known != Checkable(oracle).rules(request, expectation):
            wrong.add(expectation.rule)
    assert len(wire.requests) > 400
    assert not wrong
