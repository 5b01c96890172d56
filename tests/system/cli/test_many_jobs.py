"""The way of policies in git, for many jobs: plan, set and read back, plan again.

It takes 20 s, most of them waits: the server throttles and loses connections.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from drs_sync_policy.cli import exits
from tests.live import vendor
from tests.live.cli.reading.policies import FULL, full
from tests.live.vendor import PROJECT, TOKEN, refusal
from tests.processes import PROGRAM


def test_plan_apply_verify_plan_for_many_jobs(tmp_path: Path) -> None:
    """2,000 jobs, interrupted and resumed, while the server throttles and loses connections."""
    count = 2_000
    (tmp_path / "p.json").write_text(json.dumps(full(count)))

    def fails(number: int, operation: str, _: Any) -> tuple[int, Any] | None:
        if operation == "batch-sync-policy":
            time.sleep(0.03)  # else it may be done before it is interrupted
        odd = {17: (0, None), 41: refusal(429, "APIGW.0308"), 53: refusal(400, "DRS.M01503")}
        return odd.get(number % 97)

    with vendor.serving(count, fails=fails, most_per_page=7) as server:
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DRS_")},
            "DRS_URL": server.url,
            "DRS_TOKEN": TOKEN,
            "DRS_PROJECT_ID": PROJECT,
            "HOME": str(tmp_path),
        }

        def start(*arguments: str) -> subprocess.Popen[str]:
            return subprocess.Popen(
                [PROGRAM, *arguments], cwd=tmp_path, env=variables, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip

        def ended(*arguments: str) -> tuple[int, str]:
            process = start(*arguments)
            _, err = process.communicate(timeout=120)
            return process.returncode, err

        code, err = ended("plan", "p.json")
        assert code == exits.CHANGES, err
        assert "2,000 to change" in err

        apply = ("apply", "p.json", "--batch", "50", "--verify", "--concurrency", "2")
        running = start(*apply)
        while sum(map(bool, server.jobs.values())) < 500:
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
        assert running.returncode == exits.INTERRUPTED
        assert 0 < sum(map(bool, server.jobs.values())) < count

        before = len(server.asked)
        code, err = ended(*apply)
        assert code == exits.DONE, err
        assert "were set by an earlier run" in err
        sent = [body["jobs"] for operation, body in server.asked[before:] if "sync" in operation]
        assert len({item["job_id"] for items in sent for item in items}) < count - 300
        assert all(policy == FULL for policy in server.jobs.values())

        code, err = ended("plan", "p.json")
        assert code == exits.DONE, err
        assert "Nothing to do for the fields that can be read." in err
