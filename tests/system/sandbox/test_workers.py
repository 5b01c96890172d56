"""Several processes on one port and one database. Slow: each process imports the sandbox."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx

from drs_sync_policy.sandbox.seed import FIRST

from .server import Served, served


def workers(sandbox: Served) -> list[int]:
    """The workers of a supervisor: its children that import the sandbox."""
    pid = sandbox.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def kill_one(sandbox: Served) -> None:
    """Kill a worker and wait until another has taken its place."""
    victim = workers(sandbox)[0]
    os.kill(victim, signal.SIGKILL)
    end = time.monotonic() + 25
    while victim in workers(sandbox) or len(workers(sandbox)) < 2:
        assert sandbox.process.poll() is None
        assert time.monotonic() < end, "the supervisor did not replace the worker"
        time.sleep(0.05)


def statuses(url: str) -> set[int]:
    """The statuses of ten batches, each on a connection of its own."""
    return {
        httpx.post(
            f"{url}/v3/{FIRST.project_id}/jobs/batch-sync-policy",
            json={"jobs": [{"job_id": "x"}]},
            headers={"X-Auth-Token": FIRST.token},
            timeout=30,
        ).status_code
        for _ in range(10)
    }


def test_workers_share_a_database_and_settings(tmp_path: Path) -> None:
    """Two processes on one file behave alike, a killed one is replaced, and all stop together."""
    options = ("--workers", "2", "--database", f"sqlite:///{tmp_path / 'state.db'}")
    with served(*options) as sandbox:
        assert statuses(sandbox.url) == {200}
        assert len(workers(sandbox)) == 2
        kill_one(sandbox)
        httpx.put(f"{sandbox.url}/_sandbox/faults/answers-201", timeout=30).raise_for_status()
        assert statuses(sandbox.url) == {201}
        sandbox.process.send_signal(signal.SIGTERM)
        assert sandbox.process.wait(20) == 0


def test_a_worker_that_dies_while_it_starts_is_replaced(tmp_path: Path) -> None:
    """The supervisor does not wait 30 seconds for a sign of life of a dead process."""
    options = ("--workers", "2", "--database", f"sqlite:///{tmp_path / 'state.db'}")
    with served(*options) as sandbox:
        end = time.monotonic() + 25
        while len(workers(sandbox)) < 2:
            assert time.monotonic() < end, "the workers did not start"
            time.sleep(0.01)
        kill_one(sandbox)
        assert statuses(sandbox.url) == {200}
