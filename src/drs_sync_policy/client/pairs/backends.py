"""The network backends of httpcore, with connections whose waits end at the deadline."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Any
from weakref import WeakSet

import httpcore

from drs_sync_policy.client.pairs import names
from drs_sync_policy.client.timeouts import remaining


class SyncStream(httpcore.NetworkStream):
    """A connection whose waits end at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, opened: WeakSet[SyncStream]) -> None:
        self._inner = inner
        self._opened = opened
        opened.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, remaining(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, remaining(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        # Closing alone does not wake a thread that reads from it, nor does the server notice.
        # The method of an `SSLSocket` would drop the encryption under that thread.
        with suppress(OSError):
            socket.socket.shutdown(self._inner.get_extra_info("socket"), socket.SHUT_RDWR)
        self._inner.close()

    def forget(self) -> None:
        """Closes this process's side of a connection that another process uses."""
        self._inner.get_extra_info("socket").close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = remaining(timeout, httpcore.ConnectTimeout)
        return SyncStream(self._inner.start_tls(ssl_context, server_hostname, left), self._opened)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """The network of threads, with connections whose waits end at the deadline."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()
        self._opened: WeakSet[SyncStream] = WeakSet()

    def forget(self) -> None:
        """Gives up the connections in a process that inherited them; its parent keeps them."""
        for stream in list(self._opened):
            stream.forget()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = remaining(timeout, httpcore.ConnectTimeout)
        end = None if left is None else monotonic() + left
        *others, last = names.addresses(host, port, left)
        for address in others:
            with suppress(httpcore.ConnectError):
                return self._connect(address, port, end, local_address, socket_options)
        return self._connect(last, port, end, local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        end: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> SyncStream:
        left = None if end is None else max(0.001, end - monotonic())
        connect = self._inner.connect_tcp
        stream = connect(address, port, left, local_address, socket_options)
        return SyncStream(stream, self._opened)


class AsyncStream(httpcore.AsyncNetworkStream):
    """A connection whose waits end at the deadline."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, opened: WeakSet[AsyncStream]) -> None:
        self._inner = inner
        self._opened = opened
        opened.add(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, remaining(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, remaining(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    def end(self) -> None:
        """Ends the connection without its event loop, which may be closed."""
        connected: Any = self._inner.get_extra_info("socket")
        with suppress(OSError, AttributeError):
            connected.shutdown(socket.SHUT_RDWR)
            connected.close()  # that of asyncio cannot be closed without its loop

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        left = remaining(timeout, httpcore.ConnectTimeout)
        stream = await self._inner.start_tls(ssl_context, server_hostname, left)
        return AsyncStream(stream, self._opened)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """The network of asyncio or trio, with connections whose waits end at the deadline."""

    def __init__(self) -> None:
        # httpcore types it as if anyio were missing.
        self._inner: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]
        self._opened: WeakSet[AsyncStream] = WeakSet()

    def end(self) -> None:
        """Ends the connections without their event loop."""
        for stream in list(self._opened):
            stream.end()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        left = remaining(timeout, httpcore.ConnectTimeout)
        stream = await self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return AsyncStream(stream, self._opened)
