"""Large batches, while others use the sandbox: nobody waits long, and memory has a bound."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from drs_sync_policy.sandbox.seed import FIRST
from tests.system.memory import peak

from .server import served
from .writers import PATH

HEADERS = {"X-Auth-Token": FIRST.token, "Content-Type": "application/json"}
ITEMS = 400_000
CALLERS = 8


def large_batch() -> bytes:
    """Nearly 12 MB: different unknown jobs, and a known one with a policy now and then."""
    known = f'{{"job_id":"{FIRST.job_ids[0]}","slot_name":"large"}}'
    items = (known if at % 1000 == 0 else f'{{"job_id":"unknown-{at:06}"}}' for at in range(ITEMS))
    return f'{{"jobs":[{",".join(items)}]}}'.encode()


def send_large(url: str, body: bytes) -> int:
    """Send it; the status."""
    with httpx.Client(base_url=url, timeout=300) as client:
        response = client.post(PATH, content=body, headers=HEADERS)
        assert response.status_code == 503 or response.content.count(b'"status":"') == ITEMS
        assert (response.headers.get("Retry-After") is None) == (response.status_code == 200)
        return response.status_code


def small_batches(url: str, is_over: Callable[[], bool]) -> int:
    """How many small batches are executed, one after the other, until it is over."""
    found = 0
    body = {"jobs": [{"job_id": FIRST.job_ids[1], "ddl_trans": True}, {"job_id": "unknown"}]}
    with httpx.Client(base_url=url, timeout=60) as client:
        while not is_over():
            assert client.post(PATH, json=body, headers=HEADERS).status_code == 200
            found += 1
    return found


@pytest.mark.parametrize("database", ["sqlite://", "sqlite:///{}/state.db"])
def test_others_are_served_during_a_large_batch(tmp_path: Path, database: str) -> None:
    """While one batch of 12 MB is executed, other callers get one response after the other.

    A sandbox that executes it on its event loop gives each caller one response, at its end. How
    fast they are is measured by `make bench BENCH=large`.
    """
    with served("--database", database.format(tmp_path)) as sandbox:
        assert served_meanwhile(sandbox.url, large_batch()) > 10 * CALLERS
        stored = httpx.get(
            f"{sandbox.url}/_sandbox/projects/{FIRST.project_id}/jobs/{FIRST.job_ids[0]}",
            timeout=30,
        )
    assert stored.json()["policy"] == {"slot_name": "large"}


def served_meanwhile(url: str, body: bytes) -> int:
    """How many small batches are executed while a large one is."""
    with ThreadPoolExecutor(CALLERS + 1) as pool:
        large = pool.submit(send_large, url, body)
        callers = [pool.submit(small_batches, url, large.done) for _ in range(CALLERS)]
        assert large.result() == 200
        return sum(caller.result() for caller in callers)


def test_twenty_large_batches_at_once(tmp_path: Path) -> None:
    """Some get 503 with `Retry-After`, the others their results, with less than 1 GB of memory."""
    with served("--database", f"sqlite:///{tmp_path / 'state.db'}") as sandbox:
        body = large_batch()
        together = threading.Barrier(20)

        def send() -> int:
            together.wait()
            return send_large(sandbox.url, body)

        with ThreadPoolExecutor(20) as pool:
            statuses = Counter(task.result() for task in [pool.submit(send) for _ in range(20)])
        assert set(statuses) == {200, 503}
        assert statuses[200] >= 3
        assert peak(sandbox.process.pid) < 1000 * 2**20
        assert send_large(sandbox.url, body) == 200
