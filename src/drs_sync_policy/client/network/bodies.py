"""The bodies of answers: read as they come, unpacked with care, cut off where they grow long."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""The longest body that is read, decompressed; the answer to a body of 12 MB is shorter."""


class UnreadableBodyError(httpx.DecodingError):
    """An answer came whose body is longer than it may be, or is packed in an unknown way."""

    def __init__(self, reason: str, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


class ClosedError(httpx.LocalProtocolError):
    """A request was to go through a client that is closed."""

    def __init__(self, *, request: httpx.Request) -> None:
        super().__init__("the client is closed; make a new one", request=request)


class Body:
    """A body as it comes in: unpacked, and cut off where it grows too long."""

    def __init__(self, headers: Sequence[tuple[bytes, bytes]], status: int, limit: int) -> None:
        self._headers = headers
        self._status = status
        self._left = limit
        self._limit = limit
        self._chunks: list[bytes] = []
        self._unpack = None
        for name, value in headers:
            if name.lower() == b"content-encoding":
                self._unpack = self._unpacker(value.strip().lower())

    def add(self, chunk: bytes) -> None:
        """Takes the next bytes from the network."""
        if self._unpack is not None:
            try:
                chunk = self._unpack.decompress(chunk, self._left + 1)
            except zlib.error as error:
                raise self._unreadable(f"its compression is broken: {error}") from None
        self._left -= len(chunk)
        if self._left < 0:
            raise self._unreadable(f"its body is longer than {self._limit} bytes")
        self._chunks.append(chunk)

    def response(self, request: httpx.Request) -> httpx.Response:
        """The whole answer."""
        if self._unpack is not None and not self._unpack.eof:
            raise self._unreadable("its compressed body is cut short")
        headers = self._headers
        if self._unpack is not None:
            packed = (b"content-encoding", b"content-length")
            headers = [(name, value) for name, value in headers if name.lower() not in packed]
        content = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        return httpx.Response(self._status, headers=headers, content=content, request=request)

    def _unpacker(self, encoding: bytes) -> Any:
        if encoding in (b"", b"identity"):
            return None
        if encoding in (b"gzip", b"x-gzip", b"deflate"):
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        raise self._unreadable("it is packed in a way that was not asked for")

    def _unreadable(self, reason: str) -> UnreadableBodyError:
        headers = httpx.Headers(list(self._headers))
        return UnreadableBodyError(reason, self._status, dict(headers))
