"""Serve a sandbox until it is told to stop, by one process or by several on one database."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Final

from attrs import frozen

from drs_sync_policy.contract import BASE_EDITION, load
from drs_sync_policy.sandbox.app import DEFAULT_MAX_BODY_BYTES, Sandbox
from drs_sync_policy.sandbox.http import accesslog
from drs_sync_policy.sandbox.serving import Server, config
from drs_sync_policy.sandbox.store.database import IN_MEMORY

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
_STARTED_SECONDS: Final = 2.0
"""A worker that fails sooner would fail again: it is not replaced."""


@frozen
class Settings:
    """What a worker has to know; it can be handed to another process."""

    database: str = IN_MEMORY
    edition: str = BASE_EDITION
    faults: tuple[str, ...] = ()
    control: bool = True
    aksk: bool = True
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    access_log: bool = False
    fellows: bool = False

    def sandbox(self) -> Sandbox:
        """The sandbox that these settings describe; raises what `create_app` raises."""
        return Sandbox(
            database=self.database,
            contract=load(self.edition),
            faults=self.faults,
            aksk=self.aksk,
            max_body_bytes=self.max_body_bytes,
            fellows=self.fellows,
        )


@frozen
class Ports:
    """Where to listen: for the service, and for the control routes where they are apart."""

    service: socket.socket
    control: socket.socket | None = None


def serve(sandbox: Sandbox, settings: Settings, ports: Ports) -> None:
    """Serve until SIGINT or SIGTERM; what is under way is answered first."""
    accesslog.write_failures_to(sys.stderr)
    if settings.access_log:
        accesslog.write_to(sys.stderr)
    together = settings.control and ports.control is None
    served = [(Server(config(sandbox.app(control=together))), ports.service)]
    if ports.control is not None:
        apart = sandbox.app(service=False, owner=False)
        served.append((Server(config(apart)), ports.control))
    asyncio.run(_serve(served))


async def _serve(served: Sequence[tuple[Server, socket.socket]]) -> None:
    def stop() -> None:
        for server, _ in served:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stop)
    _when_parent_dies(lambda: loop.call_soon_threadsafe(stop))
    await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in served))


def _when_parent_dies(act: Callable[[], object]) -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        act()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def supervise(settings: Settings, ports: Ports, *, workers: int) -> int:
    """Serve with several processes until SIGINT or SIGTERM; the exit code is 0, or a worker's.

    A worker that dies is replaced, unless it died while it started.
    """
    return _Supervisor(settings, ports).run(workers)


class _Supervisor:
    def __init__(self, settings: Settings, ports: Ports) -> None:
        self._settings = settings
        self._ports = ports
        self._stopping = False
        self._running: dict[SpawnProcess, float] = {}

    def run(self, workers: int) -> int:
        before = [signal.signal(number, self._stop) for number in _STOPPING]
        try:
            for _ in range(workers):
                self._start()
            return self._watch()
        finally:
            self._stop()
            for process in self._running:
                process.join()
            for number, handler in zip(_STOPPING, before, strict=True):
                signal.signal(number, handler)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_work, args=(self._settings, self._ports))
        process.start()
        self._running[process] = time.monotonic()

    def _watch(self) -> int:
        while self._running:
            wait([process.sentinel for process in self._running])
            for process in [one for one in self._running if not one.is_alive()]:
                lived = time.monotonic() - self._running.pop(process)
                if self._stopping:
                    continue
                if process.exitcode and lived < _STARTED_SECONDS:
                    return process.exitcode
                self._start()
        return 0

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for process in self._running:
            process.terminate()


def _work(settings: Settings, ports: Ports) -> None:
    serve(settings.sandbox(), settings, ports)
