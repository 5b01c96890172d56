"""Ctrl-C while policies are being set: the summary is true, and the next run goes on from there."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event

import pytest
from attrs import Factory, define

from drs_sync_policy.cli import exits
from tests.live.cli.terminal import Process, in_terminal
from tests.processes import PROGRAM, completed
from tests.wire import Wire, carries_out, wire


@define
class Stalling:
    """Sets every policy, but holds back its response to one job as long as the test wants."""

    server: Wire
    stalls_at: str = "job-2"
    stalled: Event = Factory(Event)

    @property
    def seen(self) -> list[str]:
        """The jobs that it was sent."""
        return [item["job_id"] for heard in self.server.heard for item in heard.json()["jobs"]]


@pytest.fixture
def stalling() -> Iterator[Stalling]:
    released = Event()

    def set_or_stall(connection: socket.socket) -> bool:
        body = server.last_from[connection.getpeername()[1]].json()
        if state.stalls_at in [item["job_id"] for item in body["jobs"]]:
            state.stalled.set()
            released.wait(60)
        return carries_out(server, connection)

    with wire(then=set_or_stall) as server:
        state = Stalling(server)
        yield state
        released.set()


@pytest.mark.parametrize("concurrency", ["1", "3"])
def test_an_interrupted_run_is_resumed(
    concurrency: str, stalling: Stalling, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """The job in flight is unknown, later ones are not sent; a repeat sends these and no other."""
    items = [{"job_id": f"job-{number}"} for number in range(6)]
    (tmp_path / "p.json").write_text(json.dumps(items))
    arguments = ["apply", "p.json", "--batch", "1", "--concurrency", concurrency]
    variables = {**environment, "DRS_URL": stalling.server.url}

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
    variables = {**environment, "DRS_URL": stalling.server.url}

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
