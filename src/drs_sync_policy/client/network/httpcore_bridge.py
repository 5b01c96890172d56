"""Between httpx and httpcore: requests, errors, and logs without tokens."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

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
def as_httpx_errors(request: httpx.Request) -> Generator[None]:
    """Raises errors of httpcore as the errors of httpx with the same names."""
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
        raise kind(str(error), request=request) from error


class _WithoutTokens(logging.Filter):
    """httpcore logs response headers; that of a login has the token in one."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _TOKEN_HEADER.sub(r"\1'***'", str(record.msg))
        return True


_TOKEN_HEADER: Final = re.compile(r"(b'(?:X-Subject-Token|X-Auth-Token)', b)'[^']*'", re.IGNORECASE)
logging.getLogger("httpcore.http11").addFilter(_WithoutTokens())
