"""What was acknowledged is there after every crash, and nothing is half there."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from drs_sync_policy.sandbox import create_app
from drs_sync_policy.sandbox.store.database import BadDatabaseError

from .postgres import Postgres
from .server import Served, served
from .writers import Writer, await_acknowledged, writers, writing


def check(sandbox: Served, busy: Sequence[Writer]) -> None:
    """Fails unless what was acknowledged to each writer is stored, whole."""
    with httpx.Client(base_url=sandbox.url, timeout=30) as client:
        for writer in busy:
            writer.check(client)


@pytest.mark.soak(usual=10, long=30)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_nothing_is_lost_when_the_sandbox_is_killed(
    store: str, amount: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Killed under load from 8 clients at random moments: all is there, and whole."""
    if store == "sqlite":
        url = f"sqlite:///{tmp_path / 'state.db'}"
    else:
        cluster: Postgres = request.getfixturevalue("postgres")
        url = cluster.fresh("killed")
    with served("--database", url) as first:
        busy = writers(first.url)
    moments = random.Random(4)
    for _ in range(amount):
        with served("--database", url) as victim:
            check(victim, busy)  # what the one before has left
            with writing(victim.url, busy):
                time.sleep(moments.uniform(0.05, 0.8))  # the random moment is the point
                victim.kill()
    with served("--database", url) as last:
        check(last, busy)
    acknowledged = sum(writer.acknowledged for writer in busy)
    print(f"{amount} SIGKILLs, {store}: {acknowledged} batches acknowledged, none lost")
    assert acknowledged > amount
    assert set[int]().union(*(writer.statuses for writer in busy)) == {200}


def test_nothing_is_lost_when_workers_are_killed(tmp_path: Path) -> None:
    """With two workers on one file, all is there, too."""
    options = ("--database", f"sqlite:///{tmp_path / 'state.db'}", "--workers", "2")
    with served(*options) as first:
        busy = writers(first.url)
    for _ in range(3):
        with served(*options) as victim, writing(victim.url, busy):
            await_acknowledged(busy, 200)  # two processes start, and then there is load
            victim.kill()
    with served(*options) as last:
        check(last, busy)


@pytest.mark.soak(usual=10, long=30)
def test_nothing_is_lost_when_postgres_is_stopped(postgres: Postgres, amount: int) -> None:
    """PostgreSQL is stopped at once and started under load: 503, and then it goes on."""
    moments = random.Random(5)
    with served("--database", postgres.fresh("durability")) as sandbox:
        busy = writers(sandbox.url)
        for _ in range(amount):
            before = sum(writer.acknowledged for writer in busy)
            with writing(sandbox.url, busy):
                time.sleep(moments.uniform(0.05, 0.5))
                postgres.stop()
                time.sleep(0.1)
                postgres.start()
                end = time.monotonic() + 30
                while sum(writer.acknowledged for writer in busy) <= before + len(busy):
                    assert time.monotonic() < end, "no request was carried out after the outage"
                    time.sleep(0.05)
            check(sandbox, busy)
    acknowledged = sum(writer.acknowledged for writer in busy)
    print(f"{amount} restarts of PostgreSQL: {acknowledged} batches acknowledged, none lost")
    assert set[int]().union(*(writer.statuses for writer in busy)) == {200, 503}


def test_health_fails_when_nothing_can_be_written(tmp_path: Path) -> None:
    """With a full disk, `/healthz` and batches get 503, and both succeed when there is room."""
    with (
        served("--database", f"sqlite:///{tmp_path / 'state.db'}") as sandbox,
        httpx.Client(base_url=sandbox.url, timeout=30) as client,
    ):
        writer = writers(sandbox.url, 1)[0]
        pid = sandbox.process.pid
        # As a full disk: no file may grow. Python ignores the signal that comes with it.
        room = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        assert client.get("/healthz").status_code == 503
        writer.write(client)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, room)
        assert client.get("/healthz").status_code == 200
        writer.write(client)
        writer.check(client)
        assert (writer.statuses, writer.acknowledged) == ({503, 200}, 2)


def test_health_fails_when_postgres_is_away(postgres: Postgres) -> None:
    """And succeeds when it is back."""
    with served("--database", postgres.fresh("health")) as sandbox:
        postgres.stop()
        assert httpx.get(f"{sandbox.url}/healthz", timeout=30).status_code == 503
        postgres.start()
        assert httpx.get(f"{sandbox.url}/healthz", timeout=30).status_code == 200


def test_a_postgres_that_is_away_at_the_start_is_a_bad_database(postgres: Postgres) -> None:
    """The error has the reason, and no password."""
    url = postgres.fresh("away").replace("postgres@", "postgres:secret@")
    postgres.stop()
    with pytest.raises(BadDatabaseError, match="refused") as raised:
        create_app(database=url)
    postgres.start()
    assert "secret" not in str(raised.value)
