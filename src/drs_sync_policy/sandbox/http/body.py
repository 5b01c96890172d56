"""The body of a request: read on demand, never beyond a limit, and few large ones at once."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from drs_sync_policy.sandbox import rejection

LARGE_BYTES: Final = 256 * 1024
"""Work on a larger body is done on a thread, so that other requests do not wait for it."""

SMALL_BODY_BYTES: Final = 16 * 1024
"""What a login or a control request may send: enough for the names of all faults."""

_AT_ONCE: Final = 4

P = ParamSpec("P")
T = TypeVar("T")


class LargeBodies:
    """What large bodies take of a process: the memory of four, and one at a time is worked on."""

    def __init__(self, *, max_body_bytes: int) -> None:
        self._most = self._free = _AT_ONCE * max_body_bytes
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            WeakKeyDictionary()
        )

    def reserve(self, size: int) -> None:
        """Take so many bytes; raises the 503 with `Retry-After` if others have taken them."""
        if size > self._free and self._free < self._most:
            raise rejection.unavailable()
        self._free -= size

    def release(self, size: int) -> None:
        """Give so many bytes back."""
        self._free += size

    def turn(self) -> asyncio.Lock:
        """What is held from the parsing of a large body to its encoded response."""
        return self._turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())


class RequestBody:
    """The body of one request, read once and never beyond the limit."""

    def __init__(
        self,
        receive: Receive,
        *,
        declared: str | None,
        limit: int,
        large: LargeBodies | None = None,
    ) -> None:
        self._receive = receive
        self._declared = declared
        self.limit: int = limit
        self._large = large or LargeBodies(max_body_bytes=limit)
        self._reserved = 0
        self._turn: asyncio.Lock | None = None
        self._read: bytes | None = None

    @property
    def is_large(self) -> bool:
        """Whether what was read is large."""
        return self._read is not None and len(self._read) > LARGE_BYTES

    @property
    def content(self) -> bytes | None:
        """What was read; None before that."""
        return self._read

    async def read(self, *, limit: int | None = None) -> bytes:
        """The whole body, up to `limit` bytes; a large one when it is its turn.

        Raises the 413 while reading, not after, and the 503 if there are too many large bodies.
        Raises `ClientDisconnect` if the client disconnects before its end.
        """
        most = self.limit if limit is None else limit
        if self._read is None:
            if self._declared is not None and _exceeds(self._declared, most):
                raise rejection.body_too_large()
            self._read = await self._collect(most)
            if self.is_large:
                turn = self._large.turn()
                await turn.acquire()
                self._turn = turn
        return self._read

    async def _collect(self, most: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise rejection.body_too_large()
            if size > LARGE_BYTES:
                self._large.reserve(size - self._reserved)
                self._reserved = size
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def discard(self) -> None:
        """Read what is left and keep nothing of it."""
        with suppress(ClientDisconnect):
            while self._read is None:
                message = await self._receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return

    async def off_loop(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """What `work` returns; it runs on a thread if this body is large."""
        if self.is_large:
            return await asyncio.to_thread(_uncollected, partial(work, *args, **options))
        return work(*args, **options)

    def finish(self) -> None:
        """The response is encoded: the next large body has its turn."""
        if self._turn is not None:
            self._turn.release()
            self._turn = None

    def close(self) -> None:
        """The response is sent: forget the body, and free its memory for others."""
        self.finish()
        self._read = b"" if self._read else self._read
        self._large.release(self._reserved)
        self._reserved = 0


def _uncollected(work: Callable[[], T]) -> T:
    """What `work` returns. A collection looks at millions of new objects and stops all threads."""
    if not gc.isenabled():
        return work()
    gc.disable()
    try:
        return work()
    finally:
        gc.enable()


def _exceeds(declared: str, limit: int) -> bool:
    digits = declared.strip()
    if not (digits.isascii() and digits.isdecimal()):
        return False
    return len(digits.lstrip("0")) > len(str(limit)) or int(digits) > limit
