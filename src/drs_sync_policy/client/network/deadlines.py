"""The time that a request may take: for each of its phases, and with all its repeats.

A timeout of httpx starts anew with every read, so a server that sends a byte now and then could
hold a request for ever. Here a timeout knows its end with all repeats, too, and the network under
httpcore cuts each wait short by it.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Any, Self

import httpcore
from attrs import field, frozen

from drs_sync_policy.client.bounds import positive


@frozen(kw_only=True)
class Timeouts:
    """Seconds for each phase of one attempt, and for one request with all its repeats.

    `connect` is for a connection, `write` and `read` for each wait on the network, `pool` for a
    free connection. `total` is for a request with its login, its repeats and the waits between
    them; a call of many jobs is several requests (`Batches`), each with a `total` of its own.
    All are finite.
    """

    connect: float = field(default=5.0, validator=positive)
    write: float = field(default=30.0, validator=positive)
    read: float = field(default=30.0, validator=positive)
    pool: float = field(default=30.0, validator=positive)
    total: float = field(default=120.0, validator=positive)

    def until(self, end: float) -> dict[str, float]:
        """The timeouts of an attempt that has to end at `end`, as httpx's `timeout` extension."""
        return {
            "connect": Within(self.connect, end),
            "write": Within(self.write, end),
            "read": Within(self.read, end),
            "pool": Within(max(0.0, min(self.pool, end - monotonic())), end),
        }


class Within(float):
    """A number of seconds that also knows the moment which it must not outlast."""

    __slots__ = ("until",)
    until: float

    def __new__(cls, seconds: float, until: float) -> Self:
        self = super().__new__(cls, seconds)
        self.until = until
        return self


def _cut(timeout: float | None, late: type[Exception]) -> float | None:
    """What is left of a timeout, at most up to the end that it knows."""
    if not isinstance(timeout, Within):
        return timeout
    left = timeout.until - monotonic()
    if left <= 0:
        raise late("the request with its repeats took too long")
    return left if left < timeout else float(timeout)


class Stream(httpcore.NetworkStream):
    """A connection whose waits end with the call."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _cut(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _cut(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        # Closing alone neither wakes a thread that reads from it nor tells the server. Of an
        # `SSLSocket` the method would drop the encryption under that thread.
        with suppress(OSError):
            socket.socket.shutdown(self._inner.get_extra_info("socket"), socket.SHUT_RDWR)
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _cut(timeout, httpcore.ConnectTimeout)
        return Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Network(httpcore.NetworkBackend):
    """The network, in connections whose waits end with the call."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _cut(timeout, httpcore.ConnectTimeout)
        return Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))


class AsyncStream(httpcore.AsyncNetworkStream):
    """A connection whose waits end with the call."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, _cut(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, _cut(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        left = _cut(timeout, httpcore.ConnectTimeout)
        return AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class AsyncNetwork(httpcore.AsyncNetworkBackend):
    """The network of asyncio or trio, in connections whose waits end with the call."""

    def __init__(self) -> None:
        # httpcore types it as if anyio were missing.
        self._inner: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        left = _cut(timeout, httpcore.ConnectTimeout)
        stream = await self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return AsyncStream(stream)
