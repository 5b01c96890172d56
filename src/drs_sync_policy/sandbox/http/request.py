"""A request as the sandbox sees it: the head at once, the body only on demand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from attrs import field, frozen
from starlette.types import Receive, Scope

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.http.body import LargeBodies, RequestBody

_SCHEMES: Final = (b"http://", b"https://")


@frozen
class Request:
    """One request: its head, the operation that it names, and its body still unread.

    `segments` are the parts of the path between slashes. Each is percent-decoded on its own, so
    that an encoded slash does not split one. Repeated headers are joined by a comma (RFC 9110,
    section 5.3), which is never a valid value in this contract; repeated query parameters, too.
    `server` is the address that the connection arrived at.
    """

    method: str
    segments: tuple[bytes, ...]
    query: bytes
    headers: Mapping[str, str]
    body: RequestBody = field(repr=False)
    request_id: str
    server: str = ""
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
    def is_ambiguous(self) -> bool:
        """Whether it has Content-Length and Transfer-Encoding: servers differ on where it ends."""
        return "transfer-encoding" in self.headers and "content-length" in self.headers

    @property
    def path(self) -> bytes:
        """The path, decoded; only for logs and signatures."""
        return b"/".join(self.segments)


def from_asgi(
    scope: Scope, receive: Receive, *, max_body_bytes: int, large: LargeBodies | None = None
) -> Request:
    """The request that an ASGI server hands over."""
    headers = _headers(scope["headers"])
    # Transfer-Encoding overrides Content-Length (RFC 9112, section 6.3).
    declared = None if "transfer-encoding" in headers else headers.get("content-length")
    return Request(
        method=scope["method"],
        segments=_segments(scope),
        query=scope.get("query_string", b""),
        headers=headers,
        body=RequestBody(receive, declared=declared, limit=max_body_bytes, large=large),
        request_id=os.urandom(16).hex(),
        server=(scope.get("server") or ("",))[0],
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
