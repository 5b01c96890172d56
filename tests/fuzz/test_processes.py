"""A server that the profile starts: its output is kept, and its failure is reported at once."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.processes import (
    AddressInUse,
    NoSuchProgram,
    ProcessFailed,
    started,
)
from drs_sync_policy.fuzz.target.profile import Target
from tests.wire import free_port

LISTENS = """
import socket, sys, time
print("listening at last", flush=True)
print("a warning", file=sys.stderr, flush=True)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    time.sleep(60)
"""


def target(port: int, *start: str, **more: object) -> Target:
    described = {
        "target": {
            "url": f"http://127.0.0.1:{port}",
            "token": "t",
            "project_id": "p",
            "job_ids": ["a", "b"],
            "start": list(start),
            **more,
        }
    }
    return profile.parse(described, origin="of this test")


def test_what_the_server_says_goes_into_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Both its streams do, and nothing of it reaches the terminal."""
    port = free_port()
    log = tmp_path / "server.log"
    with started(target(port, sys.executable, "-c", LISTENS, str(port)), log=log):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert sorted(log.read_text().splitlines()) == ["a warning", "listening at last"]
    assert capfd.readouterr() == ("", "")


def test_a_server_that_dies_is_reported_at_once_with_its_last_words() -> None:
    """Nobody waits a minute for one that has said why it cannot run."""
    dies = target(free_port(), sys.executable, "-c", "raise SystemExit('no database')")
    with (
        pytest.raises(ProcessFailed, match=r"(?s)`start` exited with 1 .*said last:\nno database"),
        started(dies),
    ):
        pytest.fail("it never was ready")


@pytest.mark.parametrize("ready", [[], [sys.executable, "-c", ""]], ids=["port", "command"])
def test_a_server_that_already_listens_is_not_taken_for_the_started_one(
    ready: list[str], tmp_path: Path
) -> None:
    """The error names its address, and `start` does not run."""
    file = tmp_path / "started"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        more: dict[str, object] = {"ready": ready} if ready else {}
        taken = target(port, "touch", str(file), **more)
        with (
            pytest.raises(AddressInUse, match=rf"already listens at http://127.0.0.1:{port}"),
            started(taken),
        ):
            pytest.fail("the other server is not the target")
    assert not file.exists()


@pytest.mark.parametrize("name", ["start", "ready", "reset"])
def test_a_program_that_is_not_there_is_an_error_in_the_profile(name: str) -> None:
    """The command is named, and where it was looked for."""
    port = free_port()
    commands: dict[str, object] = {name: ["no-such-program"]}
    wrong = target(port, sys.executable, "-c", LISTENS, str(port), **commands)
    with (
        pytest.raises(NoSuchProgram, match=rf"`{name}` .*could not be run in .*no-such-program"),
        started(wrong),
    ):
        pytest.fail("it never was ready")
