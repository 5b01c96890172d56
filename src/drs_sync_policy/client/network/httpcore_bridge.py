"""Between httpx and httpcore: requests and errors."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx


def has_unread_data(response: httpcore.Response) -> bool:
    """Whether more data than the response was read from its connection.

    httpcore would take it for the response to the next request. Only its h11 connection knows.
    If a release of httpcore hides that, the tests of wire faults fail.
    """
    held: Any = response.stream
    for name in ("_stream", "_connection", "_h11_state"):
        held = getattr(held, name, None)
    return held is not None and bool(held.trailing_data[0])


def to_httpcore(request: httpx.Request) -> httpcore.Request:
    """The request for a pool of httpcore."""
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        ),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


@contextmanager
def as_httpx_errors(request: httpx.Request, proxy: httpx.Proxy | None) -> Generator[None]:
    """Raises errors of httpcore as the errors of httpx with the same names.

    An error of connecting names the proxy, if there is one.
    """
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    ) as error:
        kind = getattr(httpx, type(error).__name__)
        connecting = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError)
        text = str(error)
        if proxy is not None and isinstance(error, connecting):
            text = f"through the proxy {proxy.url}: {text or 'no connection'}"
        raise kind(text, request=request) from error
