"""Two replicas on one PostgreSQL behind a balancer are one sandbox."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.sandbox import DEFAULT_MAX_BODY_BYTES, target_profile
from tests.fuzz.habits import to_the_end

from .balancers import CONFIGURATIONS, Balanced, balanced
from .postgres import Postgres
from .writers import Writer, await_acknowledged, writers

pytestmark = pytest.mark.first

OWN_STATUSES = {"nginx": {"502"}, "haproxy": set[str]()}
"""nginx says 502 itself if a replica rejects a request before it has read all of the body. The
contract tolerates a 502 of a gateway."""


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_fuzzer_finds_nothing_behind_a_balancer(
    name: str, postgres: Postgres, tmp_path: Path
) -> None:
    """Every rule holds across the replicas, those about stored state among them."""
    with balanced(name, postgres, tmp_path) as served:
        target = target_profile(served.url, max_body_bytes=DEFAULT_MAX_BODY_BYTES)
        verdicts = to_the_end(profile.parse(target), seed=1, budget=28)
    found = [
        f"{one.rule}: {one.case}: {one.received}"
        for verdict in verdicts
        for one in verdict.ledger.violations()
        if one.received.partition(" ")[0] not in OWN_STATUSES[name]
    ]
    assert found == []


def test_a_replica_killed_under_load_loses_nothing(postgres: Postgres, tmp_path: Path) -> None:
    """What was acknowledged is stored, and the other replica goes on."""
    with balanced("haproxy", postgres, tmp_path) as served:
        busy = writers(served.url)
        stop = threading.Event()
        threads = [
            threading.Thread(target=write_until, args=(stop, served, writer)) for writer in busy
        ]
        for thread in threads:
            thread.start()
        await_acknowledged(busy, 100)
        served.replicas[0].kill()
        await_acknowledged(busy, 200)
        stop.set()
        for thread in threads:
            thread.join()
        # A busy balancer may still have pages of its own for who comes now.
        with httpx.Client(base_url=served.replicas[1].url, timeout=30) as client:
            for writer in busy:
                writer.check(client)


def write_until(stop: threading.Event, served: Balanced, writer: Writer) -> None:
    """Write without pause; what the balancer itself responds with is not acknowledged."""
    while not stop.is_set():
        try:
            with httpx.Client(base_url=served.url, timeout=30) as client:
                while not stop.is_set():
                    writer.write(client)
        except (httpx.TransportError, ValueError):  # a 502 of the balancer is not JSON
            continue
