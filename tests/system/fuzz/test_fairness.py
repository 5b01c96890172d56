"""The fuzzer is fair with all its cases, and so are the phases of schemathesis."""

from __future__ import annotations

import socket
import sys
import tomllib
from pathlib import Path

import pytest
from attrs import evolve

from drs_sync_policy.fuzz import stock
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.processes import started
from tests.fuzz import servers
from tests.fuzz.habits import HABITS, TOGETHER, accusations, assert_not_accused, to_the_end
from tests.fuzz.servers import Habits

pytestmark = pytest.mark.first

ALL = {**HABITS, **TOGETHER}


@pytest.mark.parametrize("habits", ALL.values(), ids=ALL.keys())
def test_a_server_with_a_habit_of_its_own_is_not_accused(habits: Habits) -> None:
    """Whatever the contract leaves open, each habit alone and many together."""
    assert_not_accused(habits, budget=90)


@pytest.mark.soak(usual=22, long=30)
@pytest.mark.parametrize("seed", range(3))
def test_a_server_on_node_is_not_accused(
    amount: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another language and another HTTP: schemathesis's own phases are fair to it, too."""
    monkeypatch.setenv("DRS_TOKEN", "node-token-one-5f2c81")
    monkeypatch.setenv("DRS_OTHER_TOKEN", "node-token-two-90ab3e")
    folder = Path(servers.__file__).parent / "node"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    described = (folder / "target.toml").read_text("utf-8").replace("18080", str(port))
    document = tomllib.loads(described.replace("tests/fuzz/node", str(folder)))
    node = str(Path(sys.executable).parent / "node")
    target = profile.parse(document)
    target = evolve(target, start=(node, *target.start[1:]))
    with started(target):
        verdicts = to_the_end(target, seed=seed, budget=amount)
    assert [accusations(verdict) for verdict in verdicts if accusations(verdict)] == []


@pytest.mark.parametrize(
    "habits",
    [
        Habits(requests_per_second=150),
        Habits(unavailable_every=15),
        Habits(invalid_body=422),
        Habits(hints=1),
    ],
    ids=["throttles", "503 now and then", "422", "early hints"],
)
def test_the_phases_of_schemathesis_are_fair_too(habits: Habits) -> None:
    """Throttling and the responses to methods outside the contract are not violations."""
    with servers.probing(habits) as prober:
        assert stock.run(prober, seconds=8) > 20
    assert [
        f"{b.rule}: {b.received} for {[seen.request for seen in b.exchanges]}"
        for b in prober.ledger.violations()
    ] == []
