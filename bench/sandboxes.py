"""Servers for measurements, in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from attrs import frozen

from tools.documents import CONTRACT
from tools.programs import node_environment, node_tool

SANDBOX: Final = (sys.executable, "-c", "from drs_sync_policy.cli import main; main()", "sandbox")
_READY_SECONDS: Final = 60


@frozen
class Served:
    """A server that is measured."""

    url: str
    pid: int

    @property
    def cpu_seconds(self) -> float:
        """The processor's time that it and its children have taken since they started."""
        return sum(map(cpu_seconds, (self.pid, *_descendants(self.pid))))


def cpu_seconds(pid: int) -> float:
    """The processor's time that a process has taken, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> set[int]:
    """The processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text("ascii").split()}


def _descendants(pid: int) -> Iterator[int]:
    for child in children(pid):
        yield child
        yield from _descendants(child)


def prism() -> Sequence[str]:
    """What starts Prism with the contract; the port is appended."""
    return node_tool("prism"), "mock", str(CONTRACT), "--host", "127.0.0.1", "--port"


@contextmanager
def server(*command: str | Path, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """A server, started with its port as the last argument; `SystemExit` says why it is not."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with (
        TemporaryFile() as log,
        subprocess.Popen(
            [*command, str(port)],
            stdout=log,
            stderr=log,
            env={**node_environment(), **(env or {})},
            start_new_session=True,  # the node of the wheel is a child of a Python program
        ) as process,
    ):
        try:
            if not _ready(port, process):
                log.seek(0)
                said = log.read().decode("utf-8", "replace")[-2000:]
                raise SystemExit(f"{process.args!r} did not start:\n{said}")
            yield Served(f"http://127.0.0.1:{port}", process.pid)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _ready(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server accepts a connection, as soon as it does."""
    end = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False
