"""Responses as values, and their encoding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from attrs import field, frozen
from starlette.types import Send

from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.rejection import Rejection

JSON: Final = "application/json"
_CHUNK_BYTES: Final = 256 * 1024


@frozen
class Response:
    """A status and the value of its JSON body; None for no body at all."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(factory=dict[str, str])


Handler = Callable[[Request, Any], Awaitable[Response]]
"""Executes an accepted request: the request and its document give the response."""


@frozen
class EncodedResponse:
    """A response as bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    async def send(self, send: Send, *, close: bool = False) -> None:
        """Hand it to the ASGI server, no faster than the client reads; `close` the connection."""
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in self.headers.items()
        ]
        if close:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        last = max(0, len(self.body) - 1) // _CHUNK_BYTES
        for number in range(last):
            chunk = self.body[number * _CHUNK_BYTES : (number + 1) * _CHUNK_BYTES]
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        rest = self.body[last * _CHUNK_BYTES :] if last else self.body
        await send({"type": "http.response.body", "body": rest})


def rejected(rejection: Rejection, request: Request) -> Response:
    """The error body that explains `rejection` in the language of the request."""
    return Response(
        rejection.status,
        rejection.body(request.language, request.request_id),
        headers=rejection.headers,
    )


def common_headers(request: Request) -> dict[str, str]:
    """The headers of every response: of the API, of control routes and of the console."""
    return {"X-Request-Id": request.request_id}


def encode(response: Response, request: Request) -> EncodedResponse:
    """The bytes of `response`: JSON in UTF-8, with the request id; HEAD gets no body."""
    body = b"" if response.body is None else msgspec.json.encode(response.body)
    headers = {
        "Content-Type": JSON,
        "Content-Length": str(len(body)),
        **common_headers(request),
        **response.headers,
    }
    if response.body is None:
        del headers["Content-Type"]
    return EncodedResponse(response.status, headers, b"" if request.method == "HEAD" else body)
