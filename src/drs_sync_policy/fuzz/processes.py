"""The target's own commands: reset its data, start it, wait until it is ready, stop it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from typing import Final
from urllib.parse import urlsplit

from drs_sync_policy.fuzz.profile import Target

_READY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10.0


class ProcessFailed(RuntimeError):  # noqa: N818
    """A command of the profile that did not do its work; the text says which and how."""


@contextlib.contextmanager
def started(target: Target) -> Generator[None]:
    """The target's server, started and ready until the block ends, where the profile starts it."""
    with contextlib.ExitStack() as stack:
        if target.start:
            stack.enter_context(_ended_in_order())
            stack.enter_context(_running(target))
        if target.start or target.ready:
            _wait(target)
        if target.reset:
            _run(target.reset, "reset")
        yield


@contextlib.contextmanager
def _ended_in_order() -> Generator[None]:
    """SIGTERM ends the block as an exception does: else the server would outlive its judge."""
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


@contextlib.contextmanager
def _running(target: Target) -> Generator[None]:
    try:
        process = subprocess.Popen(target.start, start_new_session=True)  # noqa: S603
    except OSError as error:
        raise ProcessFailed(f"`start` could not be run: {error}") from error
    try:
        yield
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


def _wait(target: Target) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if _is_ready(target):
            return
        time.sleep(0.1)
    what = "`ready` did not succeed" if target.ready else f"nothing listens at {target.url}"
    raise ProcessFailed(f"the server was not ready within {_READY_SECONDS:.0f} s: {what}")


def _is_ready(target: Target) -> bool:
    if target.ready:
        return subprocess.run(target.ready, capture_output=True, check=False).returncode == 0  # noqa: S603
    parts = urlsplit(target.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=1):
            return True
    except OSError:
        return False


def _run(command: tuple[str, ...], name: str) -> None:
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise ProcessFailed(f"`{name}` exited with {done.returncode}: {said}")
