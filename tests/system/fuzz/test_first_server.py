"""The server of docs/implementer.md: the fuzzer finds what the page shows, and the repair helps."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drs_sync_policy.cli import exits
from tests.processes import PROGRAM, completed
from tools.documents import ROOT

PAGE = (ROOT / "docs" / "implementer.md").read_text("utf-8")
FIRST, REPAIR = re.findall(r"```python\n# server\.py\n(.*?)```", PAGE, re.DOTALL)
TOKEN = re.findall(r"DRS_TOKEN=([\w-]+)", PAGE)[0]
ADDRESS = '"127.0.0.1", 8300'


def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _serving(source: str, port: int, folder: Path) -> Iterator[None]:
    assert ADDRESS in source
    (folder / "server.py").write_text(source.replace(ADDRESS, f'"127.0.0.1", {port}'), "utf-8")
    command = [sys.executable, "server.py"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        try:
            while not _listens(port):
                assert process.poll() is None
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def _run(folder: Path, *arguments: str) -> str:
    done = completed(
        [PROGRAM, *arguments], cwd=folder, env={"DRS_TOKEN": TOKEN, "HOME": str(folder)}
    )
    assert done.returncode == exits.BROKEN, done.stderr
    return done.stdout + done.stderr


@pytest.mark.first
def test_the_page_shows_what_the_fuzzer_finds_and_what_the_repair_changes(tmp_path: Path) -> None:
    """Each rule that the page shows as failed fails, and each finding shown as fixed is fixed."""
    port = _port()
    profile = re.findall(r"```toml\n(# target\.toml\n.*?)```", PAGE, re.DOTALL)[0]
    (tmp_path / "target.toml").write_text(profile.replace(":8300", f":{port}"), "utf-8")
    with _serving(FIRST, port, tmp_path):
        said = _run(tmp_path, "fuzz", "--target", "target.toml", "--report", "reports")
    shown = re.findall(r"^FAILED ([\w-]+)", PAGE, re.MULTILINE)
    assert len(shown) > 3
    assert [rule for rule in shown if f"FAILED {rule}" not in said] == []
    start = FIRST.index("def respond"), FIRST.index("def error")
    with _serving(FIRST[: start[0]] + REPAIR + "\n\n" + FIRST[start[1] :], port, tmp_path):
        said = _run(tmp_path, "replay", "reports")
    shown = re.findall(r"^((?:FIXED|FAILS) [\w-]+)", PAGE, re.MULTILINE)
    assert {line.split()[0] for line in shown} == {"FIXED", "FAILS"}
    assert [line for line in shown if line not in said] == []
