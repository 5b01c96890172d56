"""`apply` killed at random moments: what its journal lists is set, and is not sent again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.live.client.batches import Echo
from tests.processes import PROGRAM, completed
from tests.wire import wire

JOBS = [f"job-{number}" for number in range(150)]
CONCURRENCY = 4


@pytest.mark.soak(usual=5, long=40)
def test_nothing_noted_is_lost_when_apply_is_killed(amount: int, tmp_path: Path) -> None:
    """The next run sends what is not noted, and only that; at most the requests in flight twice."""
    (tmp_path / "p.json").write_text(json.dumps([{"job_id": job} for job in JOBS]))
    command = [PROGRAM, "apply", "p.json", "--batch", "1", "--concurrency", str(CONCURRENCY)]
    moments = random.Random(6)
    killed = set_in_all = noted = 0
    for _ in range(amount):
        echo = Echo()
        with wire(then=echo) as server:
            echo.server = server
            environment = {
                **os.environ, "DRS_URL": server.url, "DRS_TOKEN": "t", "DRS_PROJECT_ID": "p",
                "HOME": str(tmp_path),
            }  # fmt: skip
            until = moments.randint(1, len(JOBS))
            with subprocess.Popen(command, cwd=tmp_path, env=environment) as running:
                while len(echo.asked) < until and running.poll() is None:
                    time.sleep(0.001)
                running.send_signal(signal.SIGKILL)
            first = {job for jobs in echo.asked for job in jobs}
            begun = len(echo.asked)
            done = completed([*command, "--output", "json"], cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stderr
        states = {row["job_id"]: row["state"] for row in json.loads(done.stdout)}
        earlier = {job for job, state in states.items() if state == "set earlier"}
        again = [job for jobs in echo.asked[begun:] for job in jobs]
        assert earlier <= first
        assert sorted(again) == sorted(set(JOBS) - earlier)
        if running.returncode == -signal.SIGKILL:
            killed += 1
            assert len(first & set(again)) <= CONCURRENCY
        assert not (tmp_path / "p.json.journal").exists()
        set_in_all, noted = set_in_all + len(first), noted + len(earlier)
    print(f"{killed} kill -9 of apply: {set_in_all} policies set before, {noted} of them noted")
    assert 0 < noted < set_in_all
