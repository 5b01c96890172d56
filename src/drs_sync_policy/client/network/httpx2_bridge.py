"""Between httpx, which the client is made with, and httpx2, whose clients a user may bring.

Nothing here imports httpx2: a client of it is there, or it is not needed.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx


def is_httpx2(client: object) -> bool:
    """Whether a client is one of httpx2, or of a class that is derived from one."""
    return any(kind.__module__.partition(".")[0] == "httpx2" for kind in type(client).__mro__)


def from_httpx2(request: Any) -> httpx.Request:
    """A request that a client of httpx2 built."""
    return httpx.Request(**_parts(request))


def to_httpx2(request: httpx.Request) -> Any:
    """A request for a client of httpx2."""
    return sys.modules["httpx2"].Request(**_parts(request))


def read_response(response: Any) -> httpx.Response:
    """A response of httpx2 that is read already, and decompressed."""
    headers = [pair for pair in response.headers.raw if pair[0].lower() != b"content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=response.content)


@contextmanager
def as_httpx_errors(request: httpx.Request) -> Generator[None]:
    """Raises errors of httpx2 as the errors of httpx with the same names."""
    try:
        yield
    except sys.modules["httpx2"].RequestError as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error), request=request) from error


def _parts(request: Any) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": str(request.url),
        "headers": request.headers.raw,
        "content": request.content,
        "extensions": request.extensions,
    }
