"""Requests to an ASGI application in this process: no socket, no HTTP on the way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any
from urllib.parse import unquote_to_bytes

from drs_sync_policy.fuzz.target.http import NoResponse, Request, Response, Stopped, TimedOut
from drs_sync_policy.fuzz.target.patience import Patient
from drs_sync_policy.fuzz.target.profile import Target

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

_LIFESPAN_SECONDS = 10.0


class Asgi:
    """An application on an event loop of its own, its lifespan begun and, by `end`, ended."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="asgi")
        self._thread.start()
        self._stop: asyncio.Event | None = None
        self._busy: set[Future[Response]] = set()
        self._stopped = False
        ready = threading.Event()
        self._lifespan = asyncio.run_coroutine_threadsafe(self._live(ready), self._loop)
        ready.wait(_LIFESPAN_SECONDS)

    def once(self, request: Request, timeout: float) -> Response:
        """The application's response; `NoResponse` if it raised, `TimedOut` if it took too long."""
        future = asyncio.run_coroutine_threadsafe(self._request(request), self._loop)
        self._busy.add(future)
        try:
            if self._stopped:
                raise Stopped
            return future.result(timeout)
        except FutureTimeoutError:
            raise TimedOut(f"no response within {timeout:g} s") from None
        except CancelledError:
            raise Stopped from None
        finally:
            self._busy.discard(future)
            future.cancel()

    def close(self) -> None:
        """Nothing: there are no connections."""

    def stop(self) -> None:
        """End every request under way with `Stopped`, and each later one."""
        self._stopped = True
        for future in self._busy.copy():
            future.cancel()

    def end(self) -> None:
        """End the application's lifespan and the loop."""
        if self._loop.is_closed():
            return
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._lifespan.result(_LIFESPAN_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LIFESPAN_SECONDS)
        self._loop.close()

    async def _live(self, ready: threading.Event) -> None:
        self._stop = stop = asyncio.Event()
        begun = False

        async def receive() -> Message:
            nonlocal begun
            if not begun:
                begun = True
                return {"type": "lifespan.startup"}
            await stop.wait()
            return {"type": "lifespan.shutdown"}

        async def send(_: Message) -> None:
            ready.set()

        # An application without lifespan may raise anything.
        with contextlib.suppress(Exception):
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
        ready.set()

    async def _request(self, request: Request) -> Response:
        started = time.monotonic()
        received: list[Message] = []
        bodies = request.chunks if request.chunked else [request.body or b""]
        pending = [{"type": "http.request", "body": part, "more_body": True} for part in bodies]
        pending.append({"type": "http.request", "body": b"", "more_body": False})
        gone = asyncio.Event()

        async def receive() -> Message:
            if pending:
                return pending.pop(0)
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            received.append(message)

        try:
            await self._app(_scope(request), receive, send)
        except Exception as error:
            if not received:
                raise NoResponse(f"the application raised {type(error).__name__}") from error
        finally:
            gone.set()
        return _response(received, time.monotonic() - started)


def _scope(request: Request) -> dict[str, Any]:
    raw_path, _, query = request.path.partition("?")
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in request.headers]
    headers.append((b"host", b"application"))
    if request.chunked:
        headers.append((b"transfer-encoding", b"chunked"))
    elif request.body is not None:
        headers.append((b"content-length", str(len(request.body)).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("application", 80),
    }


def _response(received: list[Message], seconds: float) -> Response:
    if not received or received[0]["type"] != "http.response.start":
        raise NoResponse("the application sent nothing")
    start, *rest = received
    return Response(
        status=start["status"],
        headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in start["headers"]),
        body=b"".join(message.get("body", b"") for message in rest),
        seconds=seconds,
    )


@contextlib.contextmanager
def over_asgi(app: App, target: Target) -> Generator[Patient]:
    """A wire to an ASGI application in this process, until the block ends; no socket is opened."""
    inside = Asgi(app)
    try:
        yield Patient(inside, target)
    finally:
        inside.end()
