"""Live traffic: this process relays it, a second one checks a copy of what was relayed.

Between the two is a bounded queue. If the second process is slower than the traffic, the queue is
full: such an exchange is relayed as always, and counts as not checked.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import queue
import signal
from collections.abc import Callable, Iterator
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Final

from attrs import define, field, frozen

from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.fuzz.traffic.relay import Counts, Relay

MOST_WAITING: Final = 1000
"""So many exchanges may wait to be checked."""
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
_JOIN_SECONDS: Final = 60.0


@frozen
class Ended:
    """The last entry of the queue: what was relayed and never came into the queue."""

    not_checked: int
    counts: Counts

    def notes(self) -> Iterator[str]:
        """What a reader of the verdict should know."""
        if self.not_checked:
            yield (
                f"{self.not_checked} exchanges were relayed and not checked: they came faster than"
                " they could be checked"
            )
        if self.counts.broken:
            yield f"{self.counts.broken} connections were not checked to their end: no HTTP/1.1"
        if self.counts.unreachable:
            yield f"{self.counts.unreachable} connections found no server"


@define
class Tee:
    """Puts exchanges into the queue of the second process, and never waits for it."""

    _queue: Any
    _waiting_bytes: Any
    not_checked: int = 0

    def __call__(self, recorded: Recorded) -> None:
        """Hand an exchange over, or count it."""
        size = size_of(recorded)
        if self._waiting_bytes.value + size > MOST_WAITING_BYTES:
            self.not_checked += 1
            return
        try:
            self._queue.put_nowait(recorded)
        except queue.Full:
            self.not_checked += 1
            return
        with self._waiting_bytes.get_lock():
            self._waiting_bytes.value += size

    def end(self, counts: Counts) -> None:
        """Hand over the end; waits a second for a place, else raises `queue.Full`."""
        self._queue.put(Ended(self.not_checked, counts), timeout=1)


def size_of(recorded: Recorded) -> int:
    """Roughly the memory that an exchange takes, in bytes."""
    body = len(recorded.request.body or b"")
    return 1000 + body + (len(recorded.response.body) if recorded.response else 0)


@define
class Arrivals:
    """What the second process reads: exchanges until the end of the proxy; then `ended`."""

    _queue: Any
    _waiting_bytes: Any
    ended: Ended | None = None

    def __iter__(self) -> Iterator[Recorded]:
        while self.ended is None:
            entry = self._queue.get()
            if isinstance(entry, Ended):
                self.ended = entry
                return
            with self._waiting_bytes.get_lock():
                self._waiting_bytes.value -= size_of(entry)
            yield entry


def check_arrivals(check: Callable[..., int], arrivals: Arrivals, *arguments: Any) -> None:
    """The second process: `check(arrivals, *arguments)` gives its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends it
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(check(arrivals, *arguments))


@define
class Proxy:
    """A relay with a second process; `check` runs there and has to be importable."""

    relay: Relay = field(init=False)
    url: str
    verify: bool | str
    check: Callable[..., int]
    arguments: tuple[Any, ...]
    _context: SpawnContext = field(factory=lambda: multiprocessing.get_context("spawn"))
    _process: SpawnProcess = field(init=False)
    _tee: Tee = field(init=False)

    def __attrs_post_init__(self) -> None:
        waiting = self._context.Queue(MOST_WAITING)
        size = self._context.Value("q", 0)
        self._tee = Tee(waiting, size)
        self.relay = Relay(self.url, self._tee, verify=self.verify)
        self._process = self._context.Process(
            target=check_arrivals,
            args=(self.check, Arrivals(waiting, size), *self.arguments),
            daemon=True,
        )

    async def run(
        self, host: str, port: int, *, listening: Callable[[str, int], None]
    ) -> int | None:
        """Relay until SIGINT or SIGTERM; the exit code of the second process, None if it died.

        `OSError` if the address cannot be used.
        """
        server = await self.relay.listen(host, port)
        self._process.start()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        listening(host, server.sockets[0].getsockname()[1])
        await stop.wait()
        await self.relay.close(server)
        return await asyncio.to_thread(self._finish)

    def _finish(self) -> int | None:
        while self._process.is_alive():
            try:
                self._tee.end(self.relay.counts)
                break
            except queue.Full:
                continue
        self._process.join(_JOIN_SECONDS)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
        return code if code is not None and code >= 0 else None
