"""The bodies of responses: decompressed as they arrive, and limited in length."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Final

import httpx

MAX_RESPONSE_BYTES: Final = 64 * 1024 * 1024
"""The longest decompressed body that is read; the response to a body of 12 MB is shorter."""


class UnreadableBodyError(httpx.DecodingError):
    """The body of a response is too long, or has an unsupported content coding."""

    def __init__(
        self, reason: str, status: int, headers: httpx.Headers, request: httpx.Request
    ) -> None:
        super().__init__(reason, request=request)
        self.status = status
        self.headers = headers


class ClosedError(httpx.LocalProtocolError):
    """The client that should send a request is closed."""

    def __init__(self, *, request: httpx.Request) -> None:
        super().__init__("the client is closed; make a new one", request=request)


class ResponseBody:
    """A body as it arrives: decompressed, and limited in length."""

    def __init__(
        self,
        request: httpx.Request,
        headers: Sequence[tuple[bytes, bytes]],
        status: int,
        limit: int,
    ) -> None:
        self._request = request
        self._headers = headers
        self._status = status
        self._left = limit
        self._limit = limit
        self._chunks: list[bytes] = []
        self._decompress = None
        for name, value in headers:
            if name.lower() == b"content-encoding":
                self._decompress = self._decompressor(value.strip().lower())

    def add(self, chunk: bytes) -> None:
        """Adds the next bytes from the network."""
        if self._decompress is not None:
            try:
                chunk = self._decompress.decompress(chunk, self._left + 1)
            except zlib.error as error:
                raise self._unreadable(f"its compression is invalid: {error}") from None
        self._left -= len(chunk)
        if self._left < 0:
            raise self._unreadable(f"its body is longer than {self._limit} bytes")
        self._chunks.append(chunk)

    def response(self) -> httpx.Response:
        """The whole response."""
        if self._decompress is not None and not self._decompress.eof:
            raise self._unreadable("its compressed body is incomplete")
        headers = self._headers
        if self._decompress is not None:
            removed = (b"content-encoding", b"content-length")
            headers = [(name, value) for name, value in headers if name.lower() not in removed]
        content = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        return httpx.Response(self._status, headers=headers, content=content, request=self._request)

    def _decompressor(self, encoding: bytes) -> Any:
        if encoding in (b"", b"identity"):
            return None
        if encoding in (b"gzip", b"x-gzip", b"deflate"):
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        raise self._unreadable("its content coding was not asked for")

    def _unreadable(self, reason: str) -> UnreadableBodyError:
        headers = httpx.Headers(list(self._headers))
        return UnreadableBodyError(reason, self._status, headers, self._request)
