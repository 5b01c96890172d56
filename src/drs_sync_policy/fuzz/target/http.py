"""Requests sent byte for byte, responses received byte for byte.

`http.client` sends what it is told: a header twice, none at all, a path with `..`, a body of bytes.
Connections are pooled, as those of a real client are. An idle connection that the server dropped is
no finding: the request is sent again over a fresh one. A 429 or 503 is waited out.
"""

from __future__ import annotations

import email.utils
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from drs_sync_policy.fuzz.target.profile import Target

Headers = tuple[tuple[str, str], ...]

MAX_RESPONSE: Final = 64 * 1024 * 1024
"""A response longer than this is taken for one that never ends."""
_MOST_INTERIM: Final = 20
_THROTTLED: Final = frozenset({429, 503})
_LONGEST_WAIT: Final = 60.0
_TRIES: Final = 8
_BODY_WAS_READ: Final = frozenset({200, 400, 422})
"""After these the rest of the connection is known to be in order; it is closed after any other."""


@frozen
class Request:
    """A request as it goes over the wire: `path` is raw, header values are Latin-1 text."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes | None = None
    chunked: bool = False
    fresh: bool = False
    """To be sent over a connection of its own, which is closed afterwards."""
    kept: bool = False
    """Whether the connection is to serve the next request, too, whatever the response is."""

    def header(self, name: str) -> list[str]:
        """The values of every header of this name, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def with_header(self, name: str, value: str | None) -> Request:
        """This request with `name` set to `value` alone, or without it where that is None."""
        kept = tuple((k, v) for k, v in self.headers if k.lower() != name.lower())
        return evolve(self, headers=kept if value is None else (*kept, (name, value)))


@frozen
class Response:
    """What came back: `seconds` from the first byte sent to the last one received."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    seconds: float
    version: int = 11

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, None where there is none."""
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None


class NoResponse(Exception):  # noqa: N818 - it is no error of ours
    """The server was reached and gave no complete response; the text says what happened."""

    timed_out = False


class TimedOut(NoResponse):
    """No complete response within the time allowed."""

    timed_out = True


class Unreachable(Exception):  # noqa: N818
    """No connection could be made."""


class Throttled(Exception):  # noqa: N818
    """The server kept answering 429 or 503 for longer than it was waited for."""


class Wire(Protocol):
    """Anything that carries a request to the server."""

    def send(self, request: Request, *, timeout: float | None = None) -> Response:
        """The server's response; `NoResponse`, `Unreachable` or `Throttled` where there is none."""
        ...

    def close(self) -> None:
        """Let go of every connection."""
        ...


Once = Callable[[Request, float], Response]


@frozen
class Socket:
    """A host to connect to, and what TLS is to check of it."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, target: Target) -> Socket:
        """The socket of a target's URL."""
        parts = urlsplit(target.url)
        tls = _tls(target.verify) if parts.scheme == "https" else None
        return cls(parts.hostname or "", parts.port or (443 if tls else 80), tls)

    def connect(self, timeout: float) -> http.client.HTTPConnection:
        """A new connection; `Unreachable` where none can be made."""
        connection: http.client.HTTPConnection
        if self.tls:
            connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=timeout, context=self.tls
            )
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        connection.response_class = FinalResponse
        try:
            connection.connect()
        except OSError as error:
            raise Unreachable(f"{self.host}:{self.port}: {error}") from error
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


class FinalResponse(http.client.HTTPResponse):
    """The final response: interim ones, such as 103, may come before any (RFC 9110, 15.2)."""

    def begin(self) -> None:
        """Reads the head of the response; `http.client` itself goes past a 100 only."""
        super().begin()
        for _ in range(_MOST_INTERIM):
            if not 100 < self.status < 200 or self.status == http.client.SWITCHING_PROTOCOLS:
                return
            vars(self)["headers"] = None  # as it is before it has begun
            super().begin()
        raise http.client.HTTPException(f"more than {_MOST_INTERIM} interim responses")


@contextmanager
def final_responses() -> Generator[None]:
    """Meanwhile every client in this process that is made of `http.client` reads past them, too.

    Another would take a 103 for the response, and the response for that of its next request.
    """
    connection, theirs = http.client.HTTPConnection, http.client.HTTPConnection.response_class
    connection.response_class = FinalResponse
    try:
        yield
    finally:
        connection.response_class = theirs


def _tls(verify: bool | str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Pool:
    """One idle connection for each thread, over which requests go one after the other."""

    def __init__(self, target: Target) -> None:
        self._socket = Socket.of(target)
        self._local = threading.local()

    def once(self, request: Request, timeout: float) -> Response:
        """One response to one request, which is sent again if an idle connection was dead."""
        kept = None if request.fresh else self._kept()
        if kept is not None:
            try:
                return self._over(kept, request, timeout)
            except _Stale:
                pass
        connection = self._socket.connect(timeout)
        try:
            return self._over(connection, request, timeout)
        except _Stale as error:
            raise NoResponse(str(error)) from error

    def close(self) -> None:
        """Close this thread's connection."""
        kept = self._kept()
        if kept is not None:
            kept.close()

    def _kept(self) -> http.client.HTTPConnection | None:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        self._local.connection = None
        return kept

    def _over(
        self, connection: http.client.HTTPConnection, request: Request, timeout: float
    ) -> Response:
        started = time.monotonic()
        keep = False
        try:
            connection.sock.settimeout(timeout)
            _write(connection, request)
            response, keep = _read(connection, request, started, timeout)
        finally:
            if not keep:
                connection.close()
        if keep:
            self._local.connection = connection
        return response


class _Stale(Exception):  # noqa: N818
    """The connection ended before the first byte of a response."""


def _write(connection: http.client.HTTPConnection, request: Request) -> None:
    connection.putrequest(
        request.method,
        request.path,
        skip_host=bool(request.header("Host")),
        skip_accept_encoding=True,
    )
    for name, value in request.headers:
        connection.putheader(name, value.encode("latin-1"))
    if request.fresh:
        connection.putheader("Connection", "close")
    body = request.body
    if request.chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    elif body is not None or request.method in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", str(len(body or b"")))
    try:
        connection.endheaders()
        if body is not None and request.chunked:
            _send_chunks(connection, body)
        elif body:
            connection.send(body)
    except (BrokenPipeError, ConnectionResetError):
        # The server may have answered before it closed: a body too large is refused so.
        pass
    except TimeoutError:
        raise TimedOut("the server stopped reading the request") from None


def _send_chunks(connection: http.client.HTTPConnection, body: bytes) -> None:
    size = max(1, len(body) // 3)
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    connection.send(b"0\r\n\r\n")


def _read(
    connection: http.client.HTTPConnection, request: Request, started: float, timeout: float
) -> tuple[Response, bool]:
    _hurry(connection)
    try:
        raw = connection.getresponse()
        _hurry(connection)
    except TimeoutError:
        raise TimedOut(f"no response within {timeout:g} s") from None
    except (http.client.RemoteDisconnected, ConnectionError) as error:
        raise _Stale(f"the connection was closed without a response ({error})") from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise NoResponse(f"what came back is no HTTP: {type(error).__name__}: {error}") from error
    body = _body(raw, started + timeout, timeout)
    raw.close()  # read1 does not notice the end of a body of known length
    response = Response(
        status=raw.status,
        headers=tuple(raw.getheaders()),
        body=body,
        seconds=time.monotonic() - started,
        version=raw.version,
    )
    in_order = request.kept or raw.status in _BODY_WAS_READ
    keep = not raw.will_close and not request.fresh and in_order
    return response, keep


def _hurry(connection: http.client.HTTPConnection) -> None:
    """Acknowledge at once: a server that sends head and body apart else waits 40 ms for us."""
    if connection.sock is not None and hasattr(socket, "TCP_QUICKACK"):
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _body(response: http.client.HTTPResponse, deadline: float, timeout: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := response.read1(1 << 16):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_RESPONSE:
                raise NoResponse(f"the response has not ended after {size} bytes")
            if time.monotonic() > deadline:
                raise TimedOut(f"the response has not ended after {timeout:g} s and {size} bytes")
    except TimeoutError:
        raise TimedOut(f"the response stopped after {size} bytes and {timeout:g} s") from None
    except (http.client.HTTPException, OSError) as error:
        raise NoResponse(f"the response broke off after {size} bytes ({error})") from error
    if response.length and response.status != 304:
        raise NoResponse(
            f"the response broke off {response.length} bytes before its Content-Length"
        )
    return b"".join(pieces)


class Patient:
    """A wire that keeps to `max_rps`, waits out 429 and 503, and adds the target's own headers."""

    def __init__(self, once: Once, target: Target, *, close: Callable[[], None]) -> None:
        self._once = once
        self._close = close
        self._timeout = target.timeout
        self._extra: Mapping[str, str] = target.headers
        self._gap = 1 / target.max_rps if target.max_rps else 0.0
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.waited: float = 0.0
        """How many seconds were spent on waiting for the server's leave."""

    def send(self, request: Request, *, timeout: float | None = None) -> Response:
        """The response to `request`, with each 429 and 503 before it waited out."""
        request = self._dressed(request)
        waited = 0.0
        status = 0
        for attempt in range(_TRIES):
            self._wait_for_turn()
            response = self._once(request, timeout or self._timeout)
            status = response.status
            if status not in _THROTTLED:
                return response
            if waited >= _LONGEST_WAIT:
                break
            delay = min(_retry_after(response, 0.05 * 2**attempt), _LONGEST_WAIT)
            self._hold(max(delay, 0.01))
            waited += delay
        raise Throttled(f"{status} again after {waited:.1f} s of waiting")

    def close(self) -> None:
        """Close this thread's connection."""
        self._close()

    def _dressed(self, request: Request) -> Request:
        missing = tuple((k, v) for k, v in self._extra.items() if not request.header(k))
        return evolve(request, headers=(*request.headers, *missing)) if missing else request

    def _wait_for_turn(self) -> None:
        while True:
            with self._lock:
                now = time.monotonic()
                ahead = self._free_at - now
                if ahead <= 0:
                    self._free_at = now + self._gap if self._gap else self._free_at
                    return
            time.sleep(ahead)

    def _hold(self, delay: float) -> None:
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic() + delay)
            self.waited += delay


def _retry_after(response: Response, otherwise: float) -> float:
    """The seconds that `Retry-After` asks for, as a number or a date (RFC 9110, 10.2.3)."""
    value = (response.header("Retry-After") or "").strip()
    if value.isdecimal():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return otherwise
    return max(0.0, when.timestamp() - time.time())


def over_http(target: Target) -> Patient:
    """A wire to the target's URL."""
    pool = Pool(target)
    return Patient(pool.once, target, close=pool.close)
