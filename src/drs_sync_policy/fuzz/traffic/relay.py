"""Relays the bytes of connections to a server, and hands over the exchanges that it saw.

Bytes are forwarded before they are read, and never changed. What is seen goes to `seen` after it
was forwarded, so a slow reader of it must not block: see `proxy.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from attrs import define, field

from drs_sync_policy.fuzz.target.connection import tls_context
from drs_sync_policy.fuzz.traffic.assemble import Assembler, Chunk, Direction
from drs_sync_policy.fuzz.traffic.recorded import Recorded

_CHUNK: Final = 64 * 1024
_CONNECT_SECONDS: Final = 10.0
_GATEWAY: Final = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)


@define
class Counts:
    """What the relay saw besides exchanges."""

    connections: int = 0
    unreachable: int = 0
    """Connections for which the server could not be reached."""
    broken: int = 0
    """Connections whose bytes are not HTTP/1.1 from some place on."""


@define
class Relay:
    """Relays connections to the server at `url`; `verify` is as in a target profile."""

    url: str
    seen: Callable[[Recorded], None]
    verify: bool | str = True
    counts: Counts = field(factory=Counts)
    _open: set[asyncio.Task[None]] = field(factory=set[asyncio.Task[None]])

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Starts to listen; `OSError` if the address cannot be used."""
        return await asyncio.start_server(self._connected, host, port, limit=_CHUNK)

    async def close(self, server: asyncio.Server, *, grace: float = 1.0) -> None:
        """Stops listening, and ends the connections that are still open after `grace` seconds."""
        server.close()
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._open.add(task)
        self.counts.connections += 1
        parts = urlsplit(self.url)
        assembler = Assembler(f"{parts.scheme}://{parts.netloc}")
        try:
            await self._relay(reader, writer, assembler)
        except asyncio.CancelledError:  # by `close`; asyncio's streams would log it
            pass
        finally:
            self._open.discard(task)
            self.counts.broken += bool(assembler.broken)
            writer.close()

    async def _relay(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, assembler: Assembler
    ) -> None:
        try:
            receiving, sending = await asyncio.wait_for(self._connect(), _CONNECT_SECONDS)
        except (OSError, TimeoutError) as error:
            self.counts.unreachable += 1
            why = str(error) or "timed out"
            text = f"the proxy cannot reach {self.url}: {why}\n".encode()
            writer.write(_GATEWAY % (len(text), text))
            await _closed(writer)
            return
        try:
            await asyncio.gather(
                self._pump("request", reader, sending, assembler),
                self._pump("response", receiving, writer, assembler),
            )
        finally:
            sending.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.url)
        tls = tls_context(self.verify) if parts.scheme == "https" else None
        port = parts.port or (443 if tls else 80)
        return await asyncio.open_connection(parts.hostname, port, ssl=tls, limit=_CHUNK)

    async def _pump(
        self,
        direction: Direction,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        assembler: Assembler,
    ) -> None:
        """Forwards one direction until its end, and the end, too."""
        content = b"-"
        while content:
            try:
                content = await reader.read(_CHUNK)
                writer.write(content)
                if not content and writer.can_write_eof():
                    writer.write_eof()
                await writer.drain()
            except ConnectionError:
                content = b""
            for recorded in assembler.add(Chunk(direction, time.time(), content)):
                self.seen(recorded)
        if direction == "response":
            # After the server's end the client has nothing to send to.
            await _closed(writer)


async def _closed(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.close()
        await writer.wait_closed()
