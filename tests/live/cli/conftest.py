"""A live sandbox, and the command run as a person would, in a process of its own or in this one."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen
from click.testing import CliRunner

from drs_sync_policy import sandbox
from drs_sync_policy.cli import main
from tests.processes import PROGRAM, completed


@frozen
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture(scope="module")
def server() -> Iterator[sandbox.Running]:
    with sandbox.running() as running:
        yield running


@pytest.fixture
def environment(server: sandbox.Running, tmp_path: Path) -> dict[str, str]:
    """Variables that lead to the first tenant of the sandbox, and a home that is empty."""
    tenant = server.tenants[0]
    kept = {
        name: value
        for name, value in os.environ.items()
        # A test that runs next to others is given a width, which is not that of its terminal.
        if not name.startswith("DRS_") and name not in ("COLUMNS", "LINES")
    }
    return {
        **kept,
        "DRS_URL": server.url,
        "DRS_TOKEN": tenant.token,
        "DRS_PROJECT_ID": tenant.project_id,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "NO_COLOR": "1",
    }


@pytest.fixture
def run(environment: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command here, in a folder of its own; a variable that is None is unset."""

    def running(*arguments: str, stdin: str = "", **variables: str | None) -> Done:
        changed: dict[str, str | None] = {**dict.fromkeys(os.environ), **environment, **variables}
        monkeypatch.chdir(tmp_path)
        runner = CliRunner(env=changed)
        done = runner.invoke(main, arguments, input=stdin, prog_name="drs-sync-policy")
        assert done.exception is None or isinstance(done.exception, SystemExit)
        assert "Traceback" not in done.stderr
        return Done(done.exit_code, done.stdout, done.stderr)

    return running


@pytest.fixture
def run_process(environment: Mapping[str, str], tmp_path: Path) -> Run:
    """As `run`, in a process of its own."""

    def running(*arguments: str, stdin: str = "", **variables: str | None) -> Done:
        changed = {**environment, **variables}
        done = completed(
            [PROGRAM, *arguments],
            cwd=tmp_path,
            env={name: value for name, value in changed.items() if value is not None},
            input=stdin,
        )
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return running


@contextmanager
def silent() -> Iterator[str]:
    """The URL of a server that accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
