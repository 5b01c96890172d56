"""The target's own commands: reset its data, start it, wait until it is ready, stop it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from drs_sync_policy.fuzz.target.profile import Target

_READY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10.0
_SHOWN_BYTES: Final = 2000
"""So much of a command's last output is shown when it fails."""


class ProcessFailed(RuntimeError):
    """A command of the profile that did not do its work; the text says which and how."""


class AddressInUse(ProcessFailed):
    """Something listens at the URL of the profile before `start` runs: it would be checked."""


class NoSuchProgram(ProcessFailed):
    """A command of the profile that cannot be run at all: the profile is wrong."""


@contextlib.contextmanager
def started(target: Target, *, log: Path | None = None) -> Generator[None]:
    """The target's server, started and ready until the block ends, where the profile starts it.

    Its output goes into the file `log`, or nowhere; the last lines are shown if it fails.
    """
    with contextlib.ExitStack() as stack:
        server: _Server | None = None
        if target.start:
            _require_free(target)
            stack.enter_context(_ended_in_order())
            server = stack.enter_context(_running(target, log))
        if target.start or target.ready:
            _wait(target, server)
        if target.reset:
            _run(target.reset, "reset")
        yield


@contextlib.contextmanager
def _ended_in_order() -> Generator[None]:
    """SIGTERM ends the block as an exception does: else the server would outlive the run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Server:
    """A server that was started, and the file of its output."""

    def __init__(self, process: subprocess.Popen[bytes], output: BinaryIO) -> None:
        self.process = process
        self._output = output

    def check(self) -> None:
        """Raises `ProcessFailed` if it has ended with a failure."""
        code = self.process.poll()
        if code:
            raise ProcessFailed(f"`start` exited with {code} before it was ready{self.said()}")

    def said(self) -> str:
        """Its last lines, for the end of a sentence."""
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - _SHOWN_BYTES))
        return _last_words(self._output.read())


@contextlib.contextmanager
def _running(target: Target, log: Path | None) -> Generator[_Server]:
    with log.open("w+b") if log else tempfile.TemporaryFile() as output:
        try:
            # The user's own command, from the profile.
            process = subprocess.Popen(  # noqa: S603
                target.start, start_new_session=True, stdout=output, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise _no_such_program("start", error) from error
        try:
            yield _Server(process, output)
        finally:
            # The whole group: what a shell or npm started goes with it.
            _signal(process, signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _require_free(target: Target) -> None:
    if _listens(target):
        raise AddressInUse(
            f"a program already listens at {target.url} before `start` of the profile runs: stop"
            " this program, or let `url` and `start` use another port; to check this program,"
            " remove `start`"
        )


def _wait(target: Target, server: _Server | None) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if server:
            server.check()
        if _is_ready(target):
            return
        time.sleep(0.1)
    what = "`ready` did not succeed" if target.ready else f"nothing listens at {target.url}"
    said = server.said() if server else ""
    raise ProcessFailed(f"the server was not ready within {_READY_SECONDS:.0f} s: {what}{said}")


def _is_ready(target: Target) -> bool:
    if target.ready:
        return _done(target.ready, "ready").returncode == 0
    return _listens(target)


def _listens(target: Target) -> bool:
    """Whether a connection to the URL of the profile can be made."""
    parts = urlsplit(target.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=1):
            return True
    except OSError:
        return False


def _run(command: Sequence[str], name: str) -> None:
    done = _done(command, name)
    if done.returncode:
        said = _last_words((done.stdout + done.stderr)[-_SHOWN_BYTES:])
        raise ProcessFailed(f"`{name}` exited with {done.returncode}{said}")


def _done(command: Sequence[str], name: str) -> subprocess.CompletedProcess[bytes]:
    try:
        # The user's own command, from the profile.
        return subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    except OSError as error:
        raise _no_such_program(name, error) from error


def _last_words(said: bytes) -> str:
    text = said.decode("utf-8", "replace").strip()
    return f"; it said last:\n{text}" if text else "; it said nothing"


def _no_such_program(name: str, error: OSError) -> NoSuchProgram:
    return NoSuchProgram(
        f"`{name}` of the profile could not be run in {Path.cwd()}: {error}; a command runs in the"
        " working directory, not in the profile's folder"
    )
