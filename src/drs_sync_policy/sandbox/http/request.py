"""A request as the sandbox sees it: the head at once, the body only on demand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from attrs import field, frozen
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from drs_sync_policy.sandbox import rejection

_SCHEMES: Final = (b"http://", b"https://")


class RequestBody:
    """The body of one request, read once and never beyond the limit."""

    def __init__(self, receive: Receive, *, declared: str | None, limit: int) -> None:
        self._receive = receive
        self._declared = declared
        self.limit: int = limit
        self._read: bytes | None = None

    async def read(self, *, limit: int | None = None) -> bytes:
        """The whole body, up to `limit` bytes. Raises the 413 while reading, not after.

        Raises `ClientDisconnect` if the client disconnects before its end.
        """
        most = self.limit if limit is None else limit
        if self._read is None:
            if self._declared is not None and _exceeds(self._declared, most):
                raise rejection.body_too_large()
            self._read = await self._collect(most)
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
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _exceeds(declared: str, limit: int) -> bool:
    digits = declared.strip()
    if not (digits.isascii() and digits.isdecimal()):
        return False
    return len(digits.lstrip("0")) > len(str(limit)) or int(digits) > limit


@frozen
class Request:
    """One request: its head, the operation that it names, and its body still unread.

    `segments` are the parts of the path between slashes. Each is percent-decoded on its own, so
    that an encoded slash does not split one. Repeated headers are joined by a comma (RFC 9110,
    section 5.3), which is never a valid value in this contract; repeated query parameters, too.
    """

    method: str
    segments: tuple[bytes, ...]
    query: bytes
    headers: Mapping[str, str]
    body: RequestBody = field(repr=False)
    request_id: str
    path_parameters: Mapping[str, str] = field(factory=dict[str, str])

    @property
    def language(self) -> str:
        """The language of error texts: `zh-cn` if exactly that is requested, else English."""
        asked = self.headers.get("x-language")
        return asked if asked == "zh-cn" else rejection.DEFAULT_LANGUAGE

    @property
    def query_parameters(self) -> Mapping[str, str]:
        """The parameters of the query, percent-decoded."""
        found: dict[str, str] = {}
        for name, value in parse_qsl(self.query.decode("latin-1"), keep_blank_values=True):
            found[name] = f"{found[name]},{value}" if name in found else value
        return found

    @property
    def path(self) -> bytes:
        """The path, decoded; only for logs and signatures."""
        return b"/".join(self.segments)


def from_asgi(scope: Scope, receive: Receive, *, max_body_bytes: int) -> Request:
    """The request that an ASGI server hands over."""
    headers = _headers(scope["headers"])
    return Request(
        method=scope["method"],
        segments=_segments(scope),
        query=scope.get("query_string", b""),
        headers=headers,
        body=RequestBody(receive, declared=headers.get("content-length"), limit=max_body_bytes),
        request_id=os.urandom(16).hex(),
    )


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _segments(scope: Scope) -> tuple[bytes, ...]:
    raw: Any = scope.get("raw_path")
    if raw is None:
        raw = scope["path"].encode("utf-8", "surrogatepass")
        return tuple(raw.split(b"/"))
    path = bytes(raw).partition(b"?")[0]
    if path.startswith(_SCHEMES):  # absolute form, RFC 9112, section 3.2.2
        path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
    if b"%" not in path:
        return tuple(path.split(b"/"))
    return tuple(unquote_to_bytes(segment) for segment in path.split(b"/"))
