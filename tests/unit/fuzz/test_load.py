"""The parts of a load that need no server: who may change a job, what is sent and counted."""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve

from drs_sync_policy import contract
from drs_sync_policy.fuzz.evidence.decode import Decoder
from drs_sync_policy.fuzz.evidence.encode import Encoder
from drs_sync_policy.fuzz.figures import Figures, Group, Share, joined, percentile
from drs_sync_policy.fuzz.ledger import Exchange, Ledger, Violation
from drs_sync_policy.fuzz.load import tally
from drs_sync_policy.fuzz.load.jobs import Jobs, Round, places, shared_out
from drs_sync_policy.fuzz.load.mix import LARGE_SIZES, SIZES, SMALL_BYTES, Mix
from drs_sync_policy.fuzz.load.tally import Sent, Tally
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.report import charts
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Target, Tenant
from drs_sync_policy.fuzz.traffic.recorded import Recorded

TARGET = Target(
    url="http://127.0.0.1:1",
    tenant=Tenant("secret-token", "p-one", ("a", "b", "c")),
    other=Tenant("other-token", "p-two", ("d",)),
)
AGAINST = contract.load()
ORACLE = Oracle(AGAINST, AGAINST.operation(contract.BATCH_SET_POLICY), TARGET)


def test_no_job_is_given_to_two_workers_or_users() -> None:
    """More workers than jobs: some get none. A job that rests is given to nobody."""
    shares = shared_out(places(TARGET), 6)
    assert sorted(place for share in shares for place in share) == sorted(places(TARGET))
    assert [len(share) for share in shares] == [1, 1, 1, 1, 0, 0]

    source = random.Random(1)
    jobs = Jobs(TARGET, places(TARGET))
    leases = [jobs.take(3, source) for _ in range(4)]
    taken = [job for lease in leases if lease for job in lease.job_ids]
    assert sorted(taken) == ["a", "b", "c", "d"]
    assert all(set(lease.job_ids) <= set(lease.tenant.job_ids) for lease in leases if lease)
    assert jobs.take(1, source) is None

    first, second = (lease for lease in leases if lease)
    jobs.give_back(first, after=1000)
    assert jobs.take(1, source) is None
    jobs.give_back(second)
    assert jobs.take(3, source) == second


def test_a_round_sends_what_everybody_has_joined_for() -> None:
    """Nobody sends before all may, nobody joins later."""
    requests = [Request("POST", f"/{number}") for number in range(3)]
    meeting = Round(requests)
    places_taken = [meeting.join(), meeting.join()]
    assert [*places_taken, meeting.join()] == [1, 2, None]

    def send(request: Request) -> Recorded:
        return Recorded("", request, None)

    threads = [threading.Thread(target=meeting.send, args=(place, send)) for place in (1, 2)]
    for thread in threads:
        thread.start()
    assert meeting.seen == []
    assert meeting.begin(10) == 3
    meeting.send(0, send)
    assert meeting.all_ended(10)
    assert {recorded.request for recorded in meeting.seen} == set(requests)
    assert meeting.join() is None


def test_valid_and_invalid_bodies_are_what_they_say() -> None:
    """By the oracle; valid ones have an item for each job, small sizes are small."""
    mix, source = Mix(ORACLE), random.Random(2)

    def expected(body: bytes) -> tuple[frozenset[int] | None, list[str]]:
        request = Request(
            "POST",
            "/v3/p-one/jobs/batch-sync-policy",
            (("X-Auth-Token", "secret-token"), ("Content-Type", "application/json")),
            body,
        )
        expectation = ORACLE.expect(request)
        return expectation.statuses, [str(item["job_id"]) for item in expectation.items]

    for size in SIZES:
        body = mix.valid(("a", "b"), size, source)
        statuses, named = expected(body)
        assert statuses == frozenset({200})
        assert {"a", "b"} <= set(named)
        assert len(named) == max(size, 2 if size < 3 else 3)
        assert len(body) <= SMALL_BYTES
    for size in LARGE_SIZES:
        statuses, named = expected(mix.large(size))
        assert (statuses, len(named)) == (frozenset({200}), size)
        assert not {"a", "b", "c", "d"} & set(named)
    for _ in range(50):
        statuses, _named = expected(mix.invalid((), source))
        assert statuses is not None
        assert 400 in statuses


def _violation() -> Violation:
    request = Request("POST", "/", (("X-Auth-Token", "secret-token"),), b"{}")
    response = Response(200, (), b"{}", 0.1)
    exchange = Exchange(request, ORACLE.expect(request), response)
    return Violation("count-equals-results", "under load", "1", "2", (exchange,))


def test_what_workers_report_adds_up() -> None:
    """Counts are sums; evidence is sent once and has no secret; what was lost is not needed."""
    total: tally.Json = {}
    for worker in ("one", "two"):
        ledger = Ledger(AGAINST.rules)
        counts = Tally(ledger, Encoder.of(TARGET))
        ledger.checked("count-equals-results", times=3)
        ledger.count_request(200)
        ledger.record(_violation())
        counts.arrived["small"] += 1
        counts.checked["small"] += 1
        sent = Sent(Counter({"small": 4}), Counter({"small": 3}), Counter({200: 3}))
        tally.add(total, sent.take(), origin=worker)
        first = counts.take()
        assert "secret-token" not in str(first)
        tally.add(total, first, origin=worker)
        ledger.record(_violation())
        ledger.record(_violation())
        second = counts.take()
        assert second["counts"] == {}
        assert [*second["violations"].values()] == [{"times": 2}]
        tally.add(total, second, origin=worker)
    tally.add(total, {"counts": {}, "violations": {"7": {"times": 1}}}, origin="late")

    ledger = Ledger(AGAINST.rules)
    tally.enter(total, ledger, Decoder.of(ORACLE, Path()))
    assert ledger.times_checked("count-equals-results") == 6
    assert ledger.statuses == {200: 8}
    (violation,) = ledger.violations()
    assert violation.times == 6
    assert violation.exchanges == _violation().exchanges
    assert tally.shares(total) == (Share("small", 8, 2, missed=4),)


def test_figures_survive_their_json() -> None:
    """Of a load with and without a limit."""
    group = Group("all requests", 10, 1, 3, 8, 9, 9.5)
    figures = Figures(
        users=3, workers=2, lost=1, rate=None, seconds=2.0, total=group, groups=(group,),
        errors={"status 503": 1}, latencies={3: 9, 8: 1}, per_second=(4, 6),
        shares=(Share("small", 4, 2),),
    )  # fmt: skip
    assert Figures.from_json(figures.as_json()) == figures
    assert figures.throughput == 5


def _figures(latencies: dict[int, int], *, seconds: float, rate: float | None) -> Figures:
    number = sum(latencies.values())
    group = Group("read-back", number, 0, 1, 1, 1, max(latencies) + 0.5, latencies)
    return Figures(
        users=4, workers=2, lost=0, rate=rate, seconds=seconds, total=group, groups=(group,),
        errors={"status 503": 1}, latencies=latencies, per_second=(number,),
        shares=(Share("small", number, 1, missed=2),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("second_begins", "users", "seconds", "per_second", "rate"),
    [(1000.0, 8, 10, (200,), 30), (1004.0, 8, 14, (100, 0, 0, 0, 100), 30),
     (5000.0, 4, 20, (100, *([0] * 9), 100), 20)],
    ids=["at the same time", "overlapping", "in turns"],
)  # fmt: skip
def test_figures_of_several_loads_are_one(
    second_begins: float, users: int, seconds: float, per_second: tuple[int, ...], rate: float
) -> None:
    """Percentiles are of all requests together; throughput is of the time in which any load ran."""
    fast = _figures({2: 99, 4: 1}, seconds=10, rate=10)
    slow = _figures({100: 50, 900: 50}, seconds=10, rate=20)
    whole = joined([(second_begins, slow), (1000.0, fast)])
    assert whole.latencies == {2: 99, 4: 1, 100: 50, 900: 50}
    (group,) = whole.groups
    for entry in (whole.total, group):
        assert (entry.requests, entry.median, entry.p95, entry.p99) == (200, 100, 900, 900)
        assert entry.longest == 900.5
    assert (whole.users, whole.seconds, whole.rate) == (users, seconds, rate)
    assert whole.per_second == per_second
    assert whole.shares == (Share("small", 200, 2, missed=4),)
    assert whole.errors == {"status 503": 2}
    assert joined([(0.0, fast)]) == evolve(fast, total=whole_of(fast), groups=(whole_of(fast),))


def whole_of(figures: Figures) -> Group:
    """The only group of figures, with percentiles that fit its latencies."""
    return evolve(figures.total, median=2, p95=2, p99=4)


@pytest.mark.parametrize("part", [0.5, 0.9, 0.95, 0.99, 0.999])
def test_percentiles_are_those_of_locust(part: float) -> None:
    """So a merged report and a single one agree."""
    source = random.Random(3)
    for number in (1, 2, 7, 100, 1001):
        latencies = Counter(source.randint(1, 60) for _ in range(number))
        ordered = sorted(latencies.elements())
        assert percentile(latencies, part) == ordered[int(number * part)]
    assert percentile({}, part) == 0


@pytest.mark.parametrize("seconds", [2, 61, 600])
def test_charts_have_a_text_and_few_bars(seconds: int) -> None:
    """However long the load took."""
    drawn = charts.over_time(range(seconds))
    assert "aria-label='Requests a second, over time: from " in drawn
    assert 2 <= drawn.count("<rect") <= 60
    assert charts.latencies({seconds: 3}, seconds).count("<rect") <= 62
    assert charts.over_time([5]) == charts.latencies({}, 1) == ""
