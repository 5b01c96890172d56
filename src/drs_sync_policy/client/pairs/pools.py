"""The pools of connections of a transport: never shared by two processes or two event loops.

The pair of classes is written by hand: only the async one knows event loops.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Lock
from typing import Any

from drs_sync_policy.client import forks
from drs_sync_policy.client.pairs.backends import AsyncBackend, Backend

PoolFactory = Callable[[Any], Any]
"""Makes a pool of httpcore with a network backend."""


class Pools:
    """The pool of a process; a child process drops the connections that it inherited."""

    def __init__(self, make: PoolFactory) -> None:
        self._make = make
        self._backend = Backend()
        self._pool = make(self._backend)
        forks.watch(self)

    def current(self) -> Any:
        """The pool of this process."""
        return self._pool

    def after_fork(self) -> None:
        inherited, self._backend = self._backend, Backend()
        self._pool = self._make(self._backend)
        inherited.forget()

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close()


class AsyncPools:
    """One pool for each event loop: a connection belongs to the loop that opened it."""

    def __init__(self, make: PoolFactory) -> None:
        self._make = make
        self.after_fork()
        forks.watch(self)

    def after_fork(self) -> None:
        """Drops everything; a child process has no event loop yet."""
        self._lock = Lock()
        self._pools: dict[Any, tuple[Any, AsyncBackend]] = {}
        self._used: tuple[object, Any] = (None, None)

    def current(self) -> Any:
        """The pool of the running event loop."""
        loop = _running_loop()
        used, pool = self._used
        return pool if used is loop else self._of(loop)

    async def aclose(self) -> None:
        """Closes the connections of this event loop, and ends those of others."""
        with self._lock:
            pools = dict(self._pools)
            self._pools.clear()
            self._used = (None, None)
        ours = pools.pop(_running_loop(), None)
        for _, backend in pools.values():
            backend.end()
        if ours is not None:
            await ours[0].aclose()

    def _of(self, loop: Any) -> Any:
        with self._lock:
            self._end_those_of_ended_loops()
            if loop not in self._pools:
                backend = AsyncBackend()
                self._pools[loop] = (self._make(backend), backend)
            pool = self._pools[loop][0]
            self._used = (loop, pool)
        return pool

    def _end_those_of_ended_loops(self) -> None:
        for loop in list(self._pools):
            if _has_ended(loop):
                self._pools.pop(loop)[1].end()


def _running_loop() -> Any:
    """What stands for the event loop of asyncio or of trio."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return sys.modules["trio"].lowlevel.current_trio_token()


def _has_ended(loop: Any) -> bool:
    if hasattr(loop, "is_closed"):
        return bool(loop.is_closed())
    try:
        loop.run_sync_soon(bool)  # trio: does nothing, unless the loop has ended
    except sys.modules["trio"].RunFinishedError:
        return True
    return False
