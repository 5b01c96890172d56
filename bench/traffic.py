"""Traffic for the benchmarks: raw HTTP/1.1 over a few connections, each response timed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from attrs import frozen


@frozen
class Measured:
    """What a load found: responses per second, and percentiles of their latency in milliseconds."""

    per_second: float
    p50: float
    p99: float
    statuses: tuple[int, ...]

    @classmethod
    def of(cls, latencies: Sequence[float], seconds: float, statuses: set[int]) -> Measured:
        ordered = sorted(latencies)
        return cls(
            per_second=len(ordered) / seconds,
            p50=1000 * ordered[len(ordered) // 2],
            p99=1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
            statuses=tuple(sorted(statuses)),
        )


def request(url: str, path: str, body: bytes, **headers: str) -> bytes:
    """The bytes of a POST."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n{lines}"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def measure(url: str, requests: list[bytes], *, clients: int, seconds: float) -> Measured:
    """Send `requests` round and round from `clients` connections for `seconds`."""
    return asyncio.run(_measure(url, requests, clients, seconds))


async def _measure(url: str, requests: list[bytes], clients: int, seconds: float) -> Measured:
    latencies: list[float] = []
    statuses: set[int] = set()
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(
        *(
            _client(url, requests[number:] + requests[:number], until, latencies, statuses)
            for number in range(clients)
        )
    )
    return Measured.of(latencies, time.perf_counter() - began, statuses)


async def _client(
    url: str,
    requests: list[bytes],
    until: float,
    latencies: list[float],
    statuses: set[int],
) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 20)
    turn = 0
    while (began := time.perf_counter()) < until:
        writer.write(requests[turn % len(requests)])
        turn += 1
        statuses.add(await _response(reader))
        latencies.append(time.perf_counter() - began)
    writer.close()


async def _response(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, found, rest = head.partition(b"content-length: ")
    if found:
        await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
    else:
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return int(head.split(b" ", 2)[1])
