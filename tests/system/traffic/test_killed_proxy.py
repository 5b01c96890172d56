"""`drs-sync-policy proxy`, one of whose processes is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from drs_sync_policy.fuzz.evidence import files as evidence
from drs_sync_policy.sandbox.seed import FIRST
from tests.processes import PROGRAM
from tests.system.children import checks_of

PATIENCE = 60
Proxied = tuple[subprocess.Popen[str], str, int]
"""A proxy, its URL, and the process that checks."""


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Proxied]:
    """A proxy before a sandbox with a fault, ready to relay."""
    with ExitStack() as stack:
        server = stack.enter_context(sandbox.running(faults=["count-off-by-one"]))
        document = sandbox.target_profile(server.url, tenants=server.tenants)
        (tmp_path / "target.toml").write_text(sandbox.to_toml(document), "utf-8")
        command = [PROGRAM, "proxy", "--target", "target.toml", "--report", "report"]
        process = stack.enter_context(
            subprocess.Popen(
                command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        )
        assert process.stdout is not None
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        assert found
        yield process, found[0], checks_of(process.pid)
        process.kill()


def _until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(text)


def _send(url: str) -> int:
    path = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
    body = {"jobs": [{"job_id": FIRST.job_ids[0], "conflict_policy": "stop"}]}
    headers = {"X-Auth-Token": FIRST.token}
    return httpx.post(url + path, json=body, headers=headers, timeout=30).status_code


def test_without_its_checks_it_relays_and_says_so(proxied: Proxied) -> None:
    """At once; the run ends without a verdict."""
    process, url, checks = proxied
    assert _send(url) == 200
    _until(process, "FAILED count-equals-results")
    os.kill(checks, signal.SIGKILL)
    _until(process, "has ended")
    assert _send(url) == 200
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == exits.NOT_CHECKED


def test_the_verdict_outlives_the_relay(proxied: Proxied, tmp_path: Path) -> None:
    """The process that checks ends by itself, and writes what it has found."""
    process, url, _ = proxied
    assert _send(url) == 200
    _until(process, "FAILED count-equals-results")
    process.kill()
    output, _ = process.communicate(timeout=PATIENCE)
    assert "the process that relays the traffic has died" in output
    (finding,) = evidence.read(tmp_path / "report")["findings"]
    assert finding["rule"] == "count-equals-results"
