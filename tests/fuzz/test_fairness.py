"""The fuzzer is fair: servers unlike ours that keep the contract are not accused."""

from __future__ import annotations

import socket
import sys
import tomllib
from pathlib import Path

import pytest
from attrs import evolve

from drs_sync_policy.fuzz import stock
from drs_sync_policy.fuzz.active import Verdict, run
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.processes import started
from tests.fuzz import servers
from tests.fuzz.servers import Habits

HABITS = {
    "as ours": Habits(),
    "422 for every invalid body": Habits(invalid_body=422, malformed_body=422),
    "422 for bodies that break the schema": Habits(invalid_body=422),
    "403 for a bad token": Habits(bad_token=403),
    "messages of its own": Habits(
        texts={
            "unknown": ("I have never heard of {id}.", "从未听说过 {id}"),
            "busy": ("Not now", "现在不行"),
            "request": ("Bad!", "错误！"),
        }
    ),
    "other error codes": Habits(codes={"unknown": "404", "busy": "X-Y", "request": "bad_request"}),
    "a request id": Habits(request_id=True),
    "no read-back": Habits(readback=False),
    "no second tenant": Habits(second_tenant=False, blocked=False),
    "connections dropped after a request": Habits(requests_per_connection=1),
    "connections dropped after 7 requests": Habits(requests_per_connection=7),
    "a gateway's 404 for other methods": Habits(other_method=404),
    "HTTP/1.0": Habits(http10=True),
    "early hints": Habits(hints=2),
    "a limit of 1 MB": Habits(limit=1_000_000),
    "plain media type": Habits(content_type="application/json"),
    "one of two messages at random": Habits(varies=2),
    "any of 30 messages at random": Habits(varies=30),
    "compressed responses": Habits(compresses=True),
    "503 now and then": Habits(unavailable_every=40),
}


def _accusations(verdict: Verdict) -> list[str]:
    return [
        f"{violation.rule}: {violation.case}: expected {violation.expected}, {violation.received}"
        for violation in verdict.ledger.violations()
    ]


TOGETHER = {
    "one": Habits(
        invalid_body=422,
        malformed_body=422,
        texts=HABITS["messages of its own"].texts,
        codes=HABITS["other error codes"].codes,
        request_id=True,
        requests_per_connection=7,
        limit=1_000_000,
        hints=1,
        compresses=True,
        varies=2,
    ),
    "another": Habits(
        bad_token=403,
        other_method=404,
        http10=True,
        second_tenant=False,
        blocked=False,
        content_type="application/json",
        prefix="/api/drs",
        cleans_paths=True,
        more_jobs=("job-", "x", "0", "job-a1"),
        varies=9,
    ),
}


def _is_not_accused(habits: Habits, *, budget: float) -> None:
    with servers.serving(habits) as server:
        verdict = run(servers.target(server), seed=5, budget=budget, schemathesis=False)
    assert _accusations(verdict) == []
    assert verdict.ending == "complete"


@pytest.mark.parametrize(
    "budget", [0, pytest.param(90, marks=pytest.mark.system)], ids=["required", "all"]
)
@pytest.mark.parametrize("habits", TOGETHER.values(), ids=TOGETHER.keys())
def test_a_server_with_many_habits_of_its_own_is_not_accused(habits: Habits, budget: float) -> None:
    """Whatever the contract leaves open may be decided otherwise than by our sandbox."""
    _is_not_accused(habits, budget=budget)


@pytest.mark.system
@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS.keys())
def test_a_server_with_a_habit_of_its_own_is_not_accused(habits: Habits) -> None:
    """The same, each habit alone."""
    _is_not_accused(habits, budget=90)


@pytest.mark.system
@pytest.mark.parametrize("seed", range(3))
def test_a_server_on_node_is_not_accused(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another language and another HTTP: schemathesis's own phases are fair to it, too."""
    monkeypatch.setenv("DRS_TOKEN", "node-token-one-5f2c81")
    monkeypatch.setenv("DRS_OTHER_TOKEN", "node-token-two-90ab3e")
    folder = Path(__file__).parent / "node"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    described = (folder / "target.toml").read_text("utf-8").replace("18080", str(port))
    document = tomllib.loads(described.replace("tests/fuzz/node", str(folder)))
    node = str(Path(sys.executable).parent / "node")
    target = profile.parse(document)
    target = evolve(target, start=(node, *target.start[1:]))
    with started(target):
        verdict = run(target, seed=seed, budget=30)
    assert _accusations(verdict) == []
    assert verdict.ending == "complete"


def test_a_server_that_throttles_is_waited_for() -> None:
    """A 429 is not checked but waited out, and the required scenarios still finish."""
    with servers.serving(Habits(requests_per_second=400, retry_after="1")) as server:
        verdict = run(servers.target(server), seed=5, budget=0, schemathesis=False)
    assert _accusations(verdict) == []
    assert verdict.ending == "complete"
    assert server.requests > verdict.ledger.requests


def test_a_slow_server_is_checked_within_the_budget() -> None:
    """A second a request leaves few cases: the verdict says so and accuses nobody."""
    habits = Habits(seconds=1, readback=False, second_tenant=False)
    with servers.serving(habits) as server:
        verdict = run(servers.target(server), seed=5, budget=2.5, workers=16, schemathesis=False)
    assert _accusations(verdict) == []
    assert verdict.ending == "too little checked"
    assert "required scenarios" in verdict.reason
    assert "raise --budget" in verdict.ledger.reason("other-media-types-are-refused")
    assert verdict.ledger.times_checked("valid-request-is-accepted")


@pytest.mark.parametrize(
    "habits",
    [
        pytest.param(Habits(requests_per_second=150), marks=pytest.mark.system),
        pytest.param(Habits(unavailable_every=15), marks=pytest.mark.system),
        Habits(invalid_body=422),
        pytest.param(Habits(hints=1), marks=pytest.mark.system),
    ],
    ids=["throttles", "503 now and then", "422", "early hints"],
)
def test_the_phases_of_schemathesis_are_fair_too(habits: Habits) -> None:
    """Throttling and the responses to methods outside the contract are not violations."""
    with servers.serving(habits) as server:
        prober = servers.prober(server)
        assert stock.run(prober, seconds=6) > 20
    assert [
        f"{b.rule}: {b.received} for {[seen.request for seen in b.exchanges]}"
        for b in prober.ledger.violations()
    ] == []
