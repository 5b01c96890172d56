"""Schemathesis's requests over our wire: the same limits of time and size, the same patience.

Schemathesis sends with `requests`, which waits for ever for a response that drips and decodes
whatever a server compressed. Its sessions get an adapter of `requests` that sends over our wire.
"""

from __future__ import annotations

import datetime
import io
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from schemathesis.transport.requests import SameHostRedirectsSession
from urllib3 import HTTPHeaderDict, HTTPResponse

from drs_sync_policy.fuzz.target.http import (
    NoResponse,
    Request,
    Response,
    Stopped,
    Throttled,
    TimedOut,
    Unreachable,
    Wire,
)

_OF_THE_WIRE: Final = frozenset({"content-length", "transfer-encoding", "connection"})
_NAME: Final = "get_adapter"
_LARGE: Final = 16 * 1024
_MOST_BYTES: Final = 64 * 1024 * 1024
"""Schemathesis keeps every response of a phase: so many bytes of large ones, then it gets none."""


class Adapter(BaseAdapter):
    """Sends what `requests` has prepared over a wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._lock = threading.Lock()
        self._left = _MOST_BYTES

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The response; an exception of `requests` where there is none."""
        try:
            response = self._wire.send(message(request))
        except TimedOut as error:
            raise requests.ReadTimeout(str(error), request=request) from error
        except (NoResponse, Unreachable, Throttled, Stopped) as error:
            raise requests.ConnectionError(str(error), request=request) from error
        except (ValueError, UnicodeError) as error:  # a header that HTTP cannot carry
            raise requests.exceptions.InvalidHeader(str(error), request=request) from error
        self._count(response, request)
        return _response(response, request)

    def close(self) -> None:
        """Close the connection of this thread."""
        self._wire.close()

    def _count(self, response: Response, request: requests.PreparedRequest) -> None:
        size = len(response.body)
        with self._lock:
            if size > _LARGE and size > self._left:
                raise requests.ConnectionError("the responses are too large", request=request)
            self._left -= size if size > _LARGE else 0


def message(request: requests.PreparedRequest) -> Request:
    """A prepared request as one of ours."""
    body: Any = request.body
    streamed = body is not None and not isinstance(body, str | bytes)
    if isinstance(body, str):
        body = body.encode()
    elif streamed:
        body = _joined(cast("Iterable[str | bytes]", body))
    return Request(
        method=request.method or "",
        path=request.path_url,
        headers=tuple(
            (_text(name), _text(value))
            for name, value in request.headers.items()
            if name.lower() not in _OF_THE_WIRE
        ),
        body=body,
        chunked=streamed,
    )


def _joined(body: Iterable[str | bytes]) -> bytes:
    return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in body)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _response(received: Response, request: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.request = request
    response.url = request.url or ""
    response.status_code = received.status
    response.elapsed = datetime.timedelta(seconds=received.seconds)
    headers = HTTPHeaderDict(received.headers)
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.reason = ""
    # The body goes in as it came: `raw.read` would decode what the server may have compressed.
    response.raw = HTTPResponse(
        io.BytesIO(), headers, received.status, received.version, preload_content=False
    )
    vars(response)["_content"] = received.body
    vars(response)["_content_consumed"] = True
    return response


@contextmanager
def over(wire: Wire) -> Generator[None]:
    """Until the block ends, every session of schemathesis in this process sends over `wire`."""
    adapter = Adapter(wire)

    def get_adapter(*_: object, **__: object) -> Adapter:
        return adapter

    setattr(SameHostRedirectsSession, _NAME, get_adapter)
    try:
        yield
    finally:
        delattr(SameHostRedirectsSession, _NAME)
