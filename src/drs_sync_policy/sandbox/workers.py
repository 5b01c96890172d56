"""Serve a sandbox until SIGINT or SIGTERM: one process, or several on one database."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from functools import partial
from multiprocessing.connection import wait
from typing import Final

from attrs import frozen
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from drs_sync_policy.contract import BASE_EDITION, load
from drs_sync_policy.sandbox.app import DEFAULT_MAX_BODY_BYTES, Sandbox
from drs_sync_policy.sandbox.http import accesslog
from drs_sync_policy.sandbox.serving import CLIENT_SECONDS, Server, config
from drs_sync_policy.sandbox.store.database import IN_MEMORY

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
_HEALTHCHECK_SECONDS: Final = 30
"""After how long without a sign of life the supervisor replaces a worker. Starting counts, too."""

_SWITCH_SECONDS: Final = 0.001
"""How long a thread that works on a large body may keep the loop waiting; Python's is 5 ms."""

_FULL_COLLECTION_EVERY: Final = 1000
"""Python's 10 makes several full collections while one large body is parsed: 0.1 s each."""


@frozen
class SandboxOptions:
    """What a worker needs to know; it can be handed to another process."""

    database: str = IN_MEMORY
    edition: str = BASE_EDITION
    faults: tuple[str, ...] = ()
    control: bool = True
    aksk: bool = True
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    access_log: bool = False
    peers: bool = False
    allow_hosts: tuple[str, ...] = ()
    client_seconds: float = CLIENT_SECONDS

    def sandbox(self) -> Sandbox:
        """The sandbox that these options describe; raises what `create_app` raises."""
        return Sandbox(
            database=self.database,
            contract=load(self.edition),
            faults=self.faults,
            aksk=self.aksk,
            max_body_bytes=self.max_body_bytes,
            peers=self.peers,
            allow_hosts=self.allow_hosts,
        )


@frozen
class Ports:
    """Where to listen: for the service, and for the control routes if they have their own port."""

    service: socket.socket
    control: socket.socket | None = None

    @property
    def sockets(self) -> list[socket.socket]:
        """All of them."""
        return [self.service] if self.control is None else [self.service, self.control]

    @property
    def control_port(self) -> int | None:
        """The number of the control port, if there is one."""
        return None if self.control is None else int(self.control.getsockname()[1])


def serve(sandbox: Sandbox, options: SandboxOptions, ports: Ports) -> None:
    """Serve until SIGINT or SIGTERM; requests under way get their response first."""
    _prepare_process(options)
    app = sandbox.app(control=options.control, control_port=ports.control_port)
    asyncio.run(_serve(Server(config(app, client_seconds=options.client_seconds)), ports.sockets))


async def _serve(server: Server, sockets: list[socket.socket]) -> None:
    def stop() -> None:
        server.should_exit = True

    for number in _STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await server.serve(sockets=sockets)


def supervise(options: SandboxOptions, ports: Ports, *, workers: int) -> int:
    """Serve with several processes until SIGINT or SIGTERM; the exit code.

    A worker that dies is replaced. If one cannot start, all are stopped, and the exit code is 1.
    """
    accesslog.write_failures_to(sys.stderr)
    supervisor = _Supervisor(
        config(
            partial(_worker_app, options, ports.control_port),
            factory=True,
            workers=workers,
            client_seconds=options.client_seconds,
            timeout_worker_healthcheck=_HEALTHCHECK_SECONDS,
        ),
        sockets=ports.sockets,
    )
    supervisor.run()
    return int(any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes))


class _Supervisor(Multiprocess):
    """uvicorn's supervisor, which sees at once that a worker died while it was starting."""

    def keep_subprocess_alive(self) -> None:
        """Replace workers that died or give no sign of life."""
        for process in self.processes:
            # While the supervisor holds the worker's end of the pipe, the death of a worker does
            # not end the wait for its sign of life, which takes 30 seconds.
            process.child_conn.close()
        super().keep_subprocess_alive()


def _worker_app(options: SandboxOptions, control_port: int | None) -> Starlette:
    _stop_with_parent()
    accesslog.keep_quiet()
    _prepare_process(options)
    try:
        sandbox = options.sandbox()
    except Exception as error:  # noqa: BLE001 - whatever it is, it would fail again
        print(f"the worker cannot start: {error}", file=sys.stderr)
        sys.exit(STARTUP_FAILURE)
    return sandbox.app(control=options.control, control_port=control_port)


def _prepare_process(options: SandboxOptions) -> None:
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _FULL_COLLECTION_EVERY)
    accesslog.write_failures_to(sys.stderr)
    if options.access_log:
        accesslog.write_to(sys.stderr)


def _stop_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
