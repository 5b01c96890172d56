"""Ctrl-C while policies are being set: the summary is true, and the next run goes on from there."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from drs_sync_policy.cli import exits
from tests.live.cli.terminal import Process, in_terminal
from tests.processes import PROGRAM, completed


class Stalling(ThreadingHTTPServer):
    """Sets every policy, but holds back its response to one job as long as the test wants."""

    daemon_threads = True
    stalls_at = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[str] = []
        self.stalled = Event()
        self.released = Event()


class _Handler(BaseHTTPRequestHandler):
    server: Stalling

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        jobs = [item["job_id"] for item in body["jobs"]]
        self.server.seen += jobs
        if self.server.stalls_at in jobs:
            self.server.stalled.set()
            self.server.released.wait(60)
        results = [{"id": job, "status": "success"} for job in jobs]
        response = json.dumps({"count": len(jobs), "results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        pass


@pytest.fixture
def stalling() -> Iterator[Stalling]:
    with Stalling() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("concurrency", ["1", "3"])
def test_an_interrupted_run_is_resumed(
    concurrency: str, stalling: Stalling, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """The job in flight is unknown, later ones are not sent; a repeat sends these and no other."""
    items = [{"job_id": f"job-{number}"} for number in range(6)]
    (tmp_path / "p.json").write_text(json.dumps(items))
    arguments = ["apply", "p.json", "--batch", "1", "--concurrency", concurrency]
    variables = {**environment, "DRS_URL": f"http://127.0.0.1:{stalling.server_port}"}

    stalling.stalls_at = "job-2"
    running = subprocess.Popen(
        [PROGRAM, *arguments, "--output", "json"],
        cwd=tmp_path, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert stalling.stalled.wait(60)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == exits.INTERRUPTED
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "To continue, run the same command again."

    states = {row["job_id"]: row["state"] for row in json.loads(out)}
    assert states["job-2"] == "unknown"
    left = [job for job, state in states.items() if state != "succeeded"]
    if concurrency == "1":
        assert left == ["job-2", "job-3", "job-4", "job-5"]

    stalling.stalls_at, before = "", len(stalling.seen)
    done = completed([PROGRAM, *arguments], cwd=tmp_path, env=variables)
    assert done.returncode == exits.DONE
    assert sorted(stalling.seen[before:]) == left
    assert not (tmp_path / "p.json.journal").exists()


def test_in_a_terminal_the_way_on_is_what_is_seen_last(
    stalling: Stalling, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """No list of what was not sent scrolls it away; the summary counts these jobs."""
    items = [{"job_id": f"job-{number}"} for number in range(60)]
    (tmp_path / "p.json").write_text(json.dumps(items))
    variables = {**environment, "DRS_URL": f"http://127.0.0.1:{stalling.server_port}"}
    stalling.stalls_at = "job-2"

    def interrupt(running: Process) -> None:
        assert stalling.stalled.wait(60)
        running.send_signal(signal.SIGINT)

    command = (PROGRAM, "apply", "p.json", "--batch", "1", "--concurrency", "1")
    code, shown = in_terminal(*command, cwd=tmp_path, env=variables, meanwhile=interrupt)
    assert code == exits.INTERRUPTED
    *_, row, summary, last = shown.splitlines()
    assert row.split() == ["3", "job-2", "unknown"]
    assert summary == "60 jobs: 2 succeeded, 1 unknown, 57 not sent"
    assert last == "To continue, run the same command again."
