"""A second process, which works on what this one sees: this one never waits for it.

Between the two is a bounded queue. What comes while it is full is dropped and counted. The second
process is a program of its own and no fork, so nothing that this one did to its modules is there.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from attrs import define, field, frozen

MOST_WAITING: Final = 1000
"""So many entries may wait in the queue."""
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
_AT_ONCE_BYTES: Final = 64 * 1024
"""Entries are sent together up to this size: each sending costs time."""
_GATHER_SECONDS: Final = 0.02
_GRACE_SECONDS: Final = 60.0
"""So long the second process may take for its end, after all entries were sent."""
_LOOK_SECONDS: Final = 1.0
"""So often it is looked whether the patience has ended meanwhile."""
_HEAD: Final = struct.Struct(">I")
_COMMAND: Final = "from drs_sync_policy.fuzz.traffic.second import main; main()"


@frozen
class _Ended:
    """The last thing that the second process sends: only this is an end that was meant.

    The process of an uncaught error has an exit code, too.
    """

    code: int


@define(eq=False)
class Second:
    """The second process, as the first one sees it.

    It runs `work(arrivals, *arguments)`, which has to be importable and gives its exit code.
    `received` gets, in a thread of its own, what `Arrivals.report` sends. `died` is called there if
    the second process ends without an exit code from `work`.
    """

    work: Callable[..., int]
    arguments: tuple[Any, ...] = ()
    received: Callable[[Any], object] = lambda report: None
    died: Callable[[], object] = lambda: None
    most_waiting: int = MOST_WAITING
    niceness: int = 0
    """How much it steps back behind other processes, as of `nice`."""
    silent: bool = False
    """Whether its standard output goes nowhere."""
    dropped: int = 0
    """How many entries were not handed over."""
    _alive: bool = False
    _waiting: deque[tuple[Any, int]] = field(factory=deque[tuple[Any, int]])
    _bytes: int = 0
    _lock: threading.Lock = field(factory=threading.Lock)
    _wake: threading.Event = field(factory=threading.Event)
    _last: tuple[Any, ...] = ()
    _ended: _Ended | None = None
    _until: float = float("inf")
    _process: subprocess.Popen[bytes] = field(init=False)
    _connection: socket.socket = field(init=False)
    _threads: list[threading.Thread] = field(factory=list[threading.Thread])

    def start(self) -> None:
        """Start it."""
        self._connection, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-c", _COMMAND, str(number), str(self.niceness)],
                pass_fds=(number,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if self.silent else None,
            )
        self._alive = True
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._feed, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def hand_over(self, entry: Any, size: int) -> bool:
        """Put an entry of about `size` bytes into the queue; False if it is dropped."""
        with self._lock:
            fits = len(self._waiting) < self.most_waiting and (
                self._bytes + size <= MOST_WAITING_BYTES
            )
            if not self._alive or not fits or self._last:
                self.dropped += 1
                return False
            self._waiting.append((entry, size))
            self._bytes += size
        if not self._wake.is_set():
            self._wake.set()
        return True

    def end(self, last: Any = None, *, patience: float = _GRACE_SECONDS) -> int | None:
        """Let it work off the queue, then end with `last`; its exit code, None if it died.

        What is still in the queue after `patience` seconds is dropped.
        """
        with self._lock:
            self._last = (last,)
        self.hurry(patience)
        self._wake.set()
        while self._process.poll() is None:
            if time.monotonic() > self._until + _GRACE_SECONDS:
                self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LOOK_SECONDS)
        for thread in self._threads:
            thread.join(_GRACE_SECONDS)
        self._connection.close()
        return self._ended.code if self._ended else None

    def hurry(self, patience: float) -> None:
        """Let `end`, if it is under way, wait no longer than so many seconds from now."""
        with self._lock:
            if self._last:
                self._until = min(self._until, time.monotonic() + patience)

    # --- threads ----------------------------------------------------------------------------------

    def _feed(self) -> None:
        try:
            _send(self._connection, (self.work, self.arguments))
            while True:
                self._wake.wait()
                self._wake.clear()
                last = self._last  # before the rest is taken: later nothing comes
                if not last:
                    time.sleep(_GATHER_SECONDS)
                while entries := self._taken():
                    _send(self._connection, entries)
                if last:
                    _send(self._connection, (self.dropped, *last))
                    return
        except OSError:  # it has died; `_listen` sees that, too
            self._close()

    def _taken(self) -> list[Any]:
        """The next entries of the queue."""
        taken: list[Any] = []
        with self._lock:
            if time.monotonic() > self._until:
                self.dropped += len(self._waiting)
                self._waiting.clear()
            size = 0
            while self._waiting and size < _AT_ONCE_BYTES:
                entry, its_size = self._waiting.popleft()
                taken.append(entry)
                size += its_size
            self._bytes -= size
        return taken

    def _listen(self) -> None:
        with suppress(OSError):
            while (report := _receive(self._connection)) is not None:
                if isinstance(report, _Ended):
                    self._ended = report
                else:
                    self.received(report)
        self._close()
        if self._ended is None:
            self.died()

    def _close(self) -> None:
        with self._lock:
            self._alive = False
            self.dropped += len(self._waiting)
            self._waiting.clear()
            self._bytes = 0


@define
class Arrivals:
    """What the second process gets: entries until the first process ends it, or is gone."""

    _connection: socket.socket
    has_ended: bool = False
    """Whether the first process ended it; otherwise that one is gone."""
    dropped: int = 0
    """How many entries were not handed over, known at the end."""
    last: Any = None
    """What the first process gave to `Second.end`."""

    def __iter__(self) -> Iterator[Any]:
        while entries := _receive(self._connection):
            if isinstance(entries, tuple):
                self.has_ended = True
                self.dropped, self.last = entries
                return
            yield from entries

    def report(self, report: Any) -> None:
        """Send something to the first process, if that is still there."""
        with suppress(OSError):  # the next reading sees that it is gone
            _send(self._connection, report)


def main() -> None:
    """The second process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends it
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    number, niceness = map(int, sys.argv[1:])
    os.nice(niceness)
    with socket.socket(fileno=number) as connection:
        connection.setblocking(True)  # Locust makes every socket of the first process another kind
        begun = _receive(connection)
        if begun is None:
            return
        work, arguments = begun
        arrivals = Arrivals(connection)
        code = work(arrivals, *arguments)
        arrivals.report(_Ended(code))
    sys.exit(code)


def _send(connection: socket.socket, value: Any) -> None:
    content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    connection.sendall(_HEAD.pack(len(content)) + content)


def _receive(connection: socket.socket) -> Any:
    """What the other side sent; None if it is gone. It is this program, so it may send pickles."""
    head = _read(connection, _HEAD.size)
    content = _read(connection, _HEAD.unpack(head)[0]) if head else b""
    return pickle.loads(content) if content else None  # noqa: S301 - see above


def _read(connection: socket.socket, size: int) -> bytes:
    """So many bytes; none if the other side is gone before."""
    parts: list[bytes] = []
    while size:
        try:
            part = connection.recv(min(size, 1 << 20))
        except ConnectionError:
            part = b""
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
