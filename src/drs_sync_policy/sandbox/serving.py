"""Serve a sandbox over HTTP: in this process on a thread, for tests and demonstrations."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import h11
import uvicorn
from attrs import frozen
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.app import create_app
from drs_sync_policy.sandbox.http import accesslog, response
from drs_sync_policy.sandbox.http.body import RequestBody
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.seed import TENANTS, Tenant

LOOPBACK: Final = "127.0.0.1"
_GRACE_SECONDS: Final = 5
_LINGER_SECONDS: Final = 1

CLIENT_SECONDS: Final = 20.0
"""How long a client may take to send a head, or pause while it sends or reads a body."""


class Protocol(H11Protocol):
    """HTTP/1.1 that responds in the contract's form even to bytes that are not HTTP.

    The connection of a client that takes too long is reset.
    """

    _rejected = False
    _half_closed = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        seconds = self.config.client_seconds if isinstance(self.config, Config) else CLIENT_SECONDS
        self._sending = _Timer(self.loop, seconds, self._sends_too_slowly)
        self._reading = _Timer(self.loop, seconds, lambda: _abort(self.transport))

    # asyncio gives a Transport here; its base class is what typeshed has.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let a request reset its connection: `scope["state"]["abort"]`."""
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, "abort": partial(_abort, transport)}
        self._sending.start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        super().connection_lost(exc)
        self._sending.stop()
        self._reading.stop()

    def pause_writing(self) -> None:
        """The client does not read as fast as the sandbox writes."""
        super().pause_writing()
        self._reading.start()

    def resume_writing(self) -> None:
        """The client has read nearly all that was written."""
        super().resume_writing()
        self._reading.stop()

    def _sends_too_slowly(self) -> None:
        if self.flow.read_paused:  # it may send no more until the sandbox reads
            self._sending.start()
        else:
            _abort(self.transport)

    # uvicorn annotates None; asyncio reads the returned value.
    def eof_received(self) -> bool:  # type: ignore[override]
        """Stay until the response is sent if the client closed its half of the connection."""
        cycle: Any = self.cycle  # None until the first request
        self._half_closed = bool(cycle) and not (cycle.more_body or cycle.response_complete)
        return self._half_closed

    def on_response_complete(self) -> None:
        """Close if the client closed its half already."""
        super().on_response_complete()
        if self._half_closed:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Parse what arrives; drop what arrives after a rejection."""
        if self._rejected:
            return
        super().data_received(data)
        state = self.conn.their_state
        if state is h11.SEND_BODY or (state is h11.IDLE and not self._sending.is_running):
            self._sending.start()
        elif state is not h11.IDLE:
            self._sending.stop()

    def send_400_response(self, msg: str) -> None:
        """Respond to what could not be parsed, and close (rule media-type-is-json)."""
        request = unparsed_request()
        encoded = response.encode(response.rejected(rejection.malformed_http(), request), request)
        accesslog.log(request, encoded.status, 0.0)
        headers = [(name.encode(), value.encode()) for name, value in encoded.headers.items()]
        try:
            for event in (
                h11.Response(status_code=encoded.status, headers=headers),
                h11.Data(data=encoded.body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # a response is under way already
        # Closing at once would reset the connection, and the response might be lost with it.
        self._rejected = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


class _Timer:
    """Does something unless it is stopped in time."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, action: Callable[[], None]
    ) -> None:
        self._later = partial(loop.call_later, seconds, self._fire)
        self._action = action
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        return self._handle is not None

    def start(self) -> None:
        self.stop()
        self._handle = self._later()

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self) -> None:
        self._handle = None
        self._action()


def _abort(transport: asyncio.Transport) -> None:
    connection: socket.socket = transport.get_extra_info("socket")
    # Lingering for no time makes the kernel reset the connection instead of closing it.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def unparsed_request() -> Request:
    """Stands for bytes that could not be read as a request."""

    async def nothing() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    return Request(
        method="",
        segments=(),
        query=b"",
        headers={},
        body=RequestBody(nothing, declared=None, limit=0),
        request_id=os.urandom(16).hex(),
    )


@frozen
class Running:
    """A sandbox that is being served."""

    url: str
    tenants: tuple[Tenant, ...]


class Config(uvicorn.Config):
    """uvicorn's, with the time that a client may take."""

    client_seconds: float = CLIENT_SECONDS


def config(
    app: Starlette | Callable[[], Starlette],
    *,
    client_seconds: float = CLIENT_SECONDS,
    **options: Any,
) -> uvicorn.Config:
    """How uvicorn serves a sandbox: HTTP/1.1 only, without its own log and version header."""
    accesslog.keep_quiet()
    made = Config(
        app,
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=max(1, round(client_seconds)),
        **options,
    )
    made.client_seconds = client_seconds
    return made


class Server(uvicorn.Server):
    """Leaves signals alone; its caller sets `should_exit`."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free port. Raises `OSError` if it is not available."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=512)
    # asyncio sets it only on sockets that were created with an explicit protocol number. Without it
    # the body of a response waits some 40 ms for the client's acknowledgement of the head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextmanager
def running(
    *, client_seconds: float = CLIENT_SECONDS, **options: Any
) -> Generator[Running, None, None]:
    """A sandbox served on a free port of 127.0.0.1 until the block ends.

    `options` are those of `create_app`. A client that sends or reads nothing for `client_seconds`
    loses its connection. The server accepts connections when the block begins;
    its port and its database are closed when the block ends.

    Examples:
        >>> import httpx
        >>> from drs_sync_policy import sandbox
        >>> with sandbox.running() as server:
        ...     jobs = f"{server.url}/_sandbox/projects/{server.tenants[0].project_id}/jobs"
        ...     first = httpx.get(jobs).json()["jobs"][0]
        >>> first["state"], first["policy"]
        ('CONFIGURATION', {})
    """
    app = create_app(**options)
    listener = listen(LOOPBACK, 0)
    port = listener.getsockname()[1]
    server = Server(config(app, client_seconds=client_seconds))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True
    )
    thread.start()
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_GRACE_SECONDS):
            pass
        yield Running(f"http://{LOOPBACK}:{port}", tuple(options.get("tenants", TENANTS)))
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
