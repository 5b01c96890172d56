"""Requests sent byte for byte, responses received byte for byte, over HTTP/1.1.

`http.client` sends what it is given: a header twice, no header at all, a path with `..`.
Connections are pooled, as those of a real client are. An idle connection that the server closed is
no violation: the request is sent again over a fresh one. What a server wrongly remembers of a
connection, such as an identity or a body that it did not read, would make any later request fail.
So only requests with the same credentials share one, and a case that is about it says so: `kept`.

Nothing that a server sends is trusted. One deadline covers head and body, a size limit the body.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from attrs import frozen

from drs_sync_policy.fuzz.target import coding
from drs_sync_policy.fuzz.target.http import (
    NoResponse,
    Request,
    Response,
    Stopped,
    TimedOut,
    Unreachable,
)
from drs_sync_policy.fuzz.target.patience import Patient
from drs_sync_policy.fuzz.target.profile import Target

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LARGE: Final = 4 * 1024 * 1024
_MAX_HEADERS: Final = 1000
_MOST_INTERIM: Final = 20
_SURELY_READ: Final = 200
_PERHAPS_READ: Final = frozenset({400, 422})
"""After these the body was read if the body is what is wrong: if the same head got 200 before."""
_SMALL: Final = 64 * 1024
"""A larger body may be rejected by its size."""

# The limit of `http.client` is 100, and a server may send more. There is no other way to raise it.
http.client.__dict__["_MAXHEADERS"] = max(_MAX_HEADERS, http.client.__dict__["_MAXHEADERS"])


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
        tls = tls_context(target.verify) if parts.scheme == "https" else None
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
        try:
            connection.connect()
        except OSError as error:
            raise Unreachable(f"{self.host}:{self.port}: {error}") from error
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def tls_context(verify: bool | str) -> ssl.SSLContext:
    """What TLS checks of a server, as `verify` of a target profile says."""
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Deadline:
    """The end of one exchange: every step gets what is left of its time."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.started: float = time.monotonic()

    def left(self) -> float:
        """Seconds until the end; `TimeoutError` where none are left."""
        left = self.started + self.timeout - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Received(io.RawIOBase):
    """What a connection receives until a deadline, however slowly it drips."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        # Its count of readers keeps the socket open until a response that ends with it was read.
        self._raw = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._connection.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _FinalResponse(http.client.HTTPResponse):
    """The final response: interim ones, such as 103, may come before any (RFC 9110, 15.2)."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        *,
        until: _Deadline,
    ) -> None:
        super().__init__(sock, debuglevel, method)
        self.fp.close()
        self.fp = io.BufferedReader(_Received(sock, until))

    def begin(self) -> None:
        """Reads the head of the response; `http.client` itself goes past a 100 only."""
        super().begin()
        for _ in range(_MOST_INTERIM):
            if not 100 < self.status < 200 or self.status == http.client.SWITCHING_PROTOCOLS:
                return
            vars(self)["headers"] = None  # as it is before it has begun
            super().begin()
        raise http.client.HTTPException(f"more than {_MOST_INTERIM} interim responses")


class Pool:
    """Idle connections of each thread, one for each header with the token of a tenant.

    Requests of a thread go one after the other. A connection is kept only if the server has read
    the whole request, as far as that is known.
    """

    def __init__(self, target: Target) -> None:
        self._socket = Socket.of(target)
        self._tokens: frozenset[str] = frozenset(tenant.token for tenant in target.tenants)
        self._accepted: set[tuple[object, ...]] = set()
        """Heads of requests that got 200."""
        self._local = _Idle()
        self._busy: set[http.client.HTTPConnection] = set()
        self._stopped = False

    def once(self, request: Request, timeout: float) -> Response:
        """One response to one request, which is sent again if an idle connection was dead."""
        idle, forced = self._idle(request)
        if idle is not None:
            try:
                return self._over(idle, request, timeout, forced=forced)
            except _Stale:
                pass
        connection = self._socket.connect(timeout)
        try:
            return self._over(connection, request, timeout)
        except _Stale as error:
            raise NoResponse(str(error)) from error

    def close(self) -> None:
        """Close this thread's connections."""
        for idle in (*self._local.by_token.values(), self._local.kept):
            if idle is not None:
                idle.close()
        self._local.by_token, self._local.kept = {}, None

    def stop(self) -> None:
        """End every exchange under way with `Stopped`, and each later one."""
        # Signal handlers call this: a lock that the interrupted code holds would never be free.
        self._stopped = True
        for connection in self._busy.copy():
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except (OSError, AttributeError):
                continue  # it is closed already

    def _idle(self, request: Request) -> tuple[http.client.HTTPConnection | None, bool]:
        """A connection for a request, and whether the request before it wanted it to be the one."""
        kept, self._local.kept = self._local.kept, None
        if kept is not None and request.fresh:
            kept.close()
        if kept is not None or request.fresh:
            return (None if request.fresh else kept), True
        return self._local.by_token.pop(self._token(request), None), False

    def _token(self, request: Request) -> str:
        """The header of a request that has the token of a tenant; empty if none has one."""
        named = (
            f"{name.lower()}: {value}" for name, value in request.headers if value in self._tokens
        )
        return next(named, "")

    def _over(
        self,
        connection: http.client.HTTPConnection,
        request: Request,
        timeout: float,
        *,
        forced: bool = False,
    ) -> Response:
        keep = False
        self._busy.add(connection)
        try:
            if self._stopped:
                raise Stopped
            response, will_close = _exchange(connection, request, _Deadline(timeout))
            in_order = not forced and self._was_read(request, response.status)
            keep = not will_close and not request.fresh and (request.kept or in_order)
        except (NoResponse, _Stale):
            if self._stopped:
                raise Stopped from None
            raise
        finally:
            self._busy.discard(connection)
            if not keep:
                connection.close()
        if keep and request.kept:
            self._local.kept = connection
        elif keep:
            # There is one already if the connection that was kept for this request was dead.
            if other := self._local.by_token.pop(self._token(request), None):
                other.close()
            self._local.by_token[self._token(request)] = connection
        return response

    def _was_read(self, request: Request, status: int) -> bool:
        """Whether the server has read the whole request, and who sends it is a tenant."""
        head = (request.method, request.path, request.headers, request.chunked)
        if not self._token(request):
            return False
        if status == _SURELY_READ:
            self._accepted.add(head)
            return True
        is_small = len(request.body or b"") <= _SMALL
        return status in _PERHAPS_READ and is_small and head in self._accepted


class _Idle(threading.local):
    """The idle connections of one thread."""

    def __init__(self) -> None:
        self.by_token: dict[str, http.client.HTTPConnection] = {}
        """By the header with the token of a tenant that their requests had."""
        self.kept: http.client.HTTPConnection | None = None
        """The one that carried a request which wants it to serve the next one."""


class _Stale(Exception):
    """The connection ended before the first byte of a response."""


def _exchange(
    connection: http.client.HTTPConnection, request: Request, deadline: _Deadline
) -> tuple[Response, bool]:
    """The response, and whether the connection ends with it."""
    # typeshed wants a class; http.client only calls it.
    connection.response_class = partial(_FinalResponse, until=deadline)  # type: ignore[assignment]
    _write(connection, request, deadline)
    _acknowledge(connection)
    try:
        raw = connection.getresponse()
        _acknowledge(connection)
    except TimeoutError:
        raise TimedOut(f"no response within {deadline.timeout:g} s") from None
    except (http.client.RemoteDisconnected, ConnectionError) as error:
        raise _Stale(f"the connection was closed without a response ({error})") from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise NoResponse(f"the response is not HTTP: {type(error).__name__}: {error}") from error
    body = _body(raw, deadline, coding.limit(request))
    raw.close()  # read1 does not notice the end of a body of known length
    response = Response(
        status=raw.status,
        headers=tuple(raw.getheaders()),
        body=body,
        seconds=time.monotonic() - deadline.started,
        version=raw.version,
    )
    return response, raw.will_close


def _write(connection: http.client.HTTPConnection, request: Request, deadline: _Deadline) -> None:
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
        connection.sock.settimeout(deadline.left())
        connection.endheaders()
        for piece in _pieces(request):
            connection.sock.settimeout(deadline.left())
            connection.send(piece)
    except (BrokenPipeError, ConnectionResetError):
        # The server may have responded before it closed: it rejects a body that is too large so.
        pass
    except TimeoutError:
        raise TimedOut("the server stopped reading the request") from None


def _pieces(request: Request) -> list[bytes]:
    if not request.chunked or request.body is None:
        return [request.body] if request.body else []
    return [*(b"%x\r\n%s\r\n" % (len(part), part) for part in request.chunks), b"0\r\n\r\n"]


def _acknowledge(connection: http.client.HTTPConnection) -> None:
    """Acknowledge at once: a server that sends head and body apart else waits 40 ms for us."""
    if connection.sock is not None and hasattr(socket, "TCP_QUICKACK"):
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


_one_large_response = threading.Lock()


def _body(response: http.client.HTTPResponse, deadline: _Deadline, limit: int) -> bytes:
    announced = response.length or 0
    if announced > limit:
        raise NoResponse(
            f"the response has a Content-Length of {announced}; at most {limit} bytes are read"
        )
    # Workers that receive large bodies at the same time would need the memory of all of them.
    if announced > _LARGE:
        with _one_large_response:
            return _read(response, deadline, limit)
    return _read(response, deadline, limit)


def _read(response: http.client.HTTPResponse, deadline: _Deadline, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := response.read1(1 << 16):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise NoResponse(f"the response has not ended after {size} bytes")
    except TimeoutError:
        raise TimedOut(
            f"the response has not ended after {size} bytes and {deadline.timeout:g} s"
        ) from None
    except (http.client.HTTPException, OSError) as error:
        raise NoResponse(f"the response broke off after {size} bytes ({error})") from error
    if response.length and response.status != 304:
        raise NoResponse(
            f"the response broke off {response.length} bytes before its Content-Length"
        )
    return b"".join(pieces)


def over_http(target: Target) -> Patient:
    """A wire to the target's URL."""
    return Patient(Pool(target), target)
