"""The sandbox as a process of its own, to be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

from tests.processes import completed

# -B: a process under a limit on the size of files would leave cut .pyc files behind.
COMMAND = [sys.executable, "-B", "-c", "from drs_sync_policy.cli import main; main()", "sandbox"]


@frozen
class Served:
    """A process group that serves a sandbox, and where it listens."""

    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        """SIGKILL to it and all its workers, and wait until it is gone."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """The command with these options, on a free port; killed at the end if it is still there."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--print-target", *options],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Served(process, _url(process))
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line.startswith("policy_pointer"):
            break
    url: str = tomllib.loads(text)["target"]["url"]
    return url


def rss_kib(served_by: Served) -> int:
    """The resident memory of the process and its children, in KiB."""
    found = completed(
        [
            "ps",
            "-o",
            "rss=",
            "--pid",
            str(served_by.process.pid),
            "--ppid",
            str(served_by.process.pid),
        ],
        check=True,
    )
    return sum(int(line) for line in found.stdout.split())
