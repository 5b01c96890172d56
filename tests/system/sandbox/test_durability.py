"""What was acknowledged is there after every crash, and nothing is half there."""

from __future__ import annotations

import random
import time
from pathlib import Path

import httpx
import pytest

from .postgres import Postgres
from .server import served
from .writers import writers, writing

pytestmark = pytest.mark.system

ROUNDS = 20


def test_nothing_is_lost_when_the_sandbox_is_killed(tmp_path: Path) -> None:
    """Killed under load from 8 clients at a random moment, 20 times: all is there, and whole."""
    database = ("--database", f"sqlite:///{tmp_path / 'state.db'}")
    with served(*database) as first:
        busy = writers(first.url)
    moments = random.Random(4)
    for _ in range(ROUNDS):
        with served(*database) as victim, writing(victim.url, busy):
            time.sleep(moments.uniform(0.05, 0.8))  # the random moment is the point
            victim.kill()
        with served(*database) as next_one, httpx.Client(base_url=next_one.url) as client:
            for writer in busy:
                writer.check(client)
    assert sum(writer.acknowledged for writer in busy) > ROUNDS
    assert set[int]().union(*(writer.statuses for writer in busy)) == {200}


def test_nothing_is_lost_when_workers_are_killed(tmp_path: Path) -> None:
    """With two workers on one file, all is there, too."""
    options = ("--database", f"sqlite:///{tmp_path / 'state.db'}", "--workers", "2")
    with served(*options) as first:
        busy = writers(first.url)
    for _ in range(3):
        with served(*options) as victim, writing(victim.url, busy):
            time.sleep(4)  # two processes start, and then there is load
            victim.kill()
    with served(*options) as last, httpx.Client(base_url=last.url, timeout=30) as client:
        for writer in busy:
            writer.check(client)
    assert sum(writer.acknowledged for writer in busy) > 0


def test_nothing_is_lost_when_postgres_is_stopped(postgres: Postgres) -> None:
    """PostgreSQL is stopped at once and started under load, 20 times: 503, and then it goes on."""
    moments = random.Random(5)
    with served("--database", postgres.fresh("durability")) as sandbox:
        busy = writers(sandbox.url)
        for _ in range(ROUNDS):
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
            with httpx.Client(base_url=sandbox.url, timeout=30) as client:
                for writer in busy:
                    writer.check(client)
    assert set[int]().union(*(writer.statuses for writer in busy)) == {200, 503}
