"""The relay between a client and the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.fuzz.traffic.relay import Relay


@pytest.fixture(scope="module")
def server() -> Iterator[sandbox.Running]:
    with sandbox.running() as running:
        yield running


@asynccontextmanager
async def _relaying(relay: Relay) -> AsyncIterator[str]:
    listening = await relay.listen("127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        await relay.close(listening)


def test_bytes_go_through_and_exchanges_are_seen(server: sandbox.Running) -> None:
    """The response is the server's; the Host header is the client's; the connection is kept."""
    seen: list[Recorded] = []
    relay = Relay(server.url, seen.append)

    async def talk() -> list[httpx.Response]:
        async with _relaying(relay) as url, httpx.AsyncClient(base_url=url) as client:
            return [
                await client.get("/healthz"),
                await client.post("/v3/x", content=b"a" * 100_000),
            ]

    health, missing = asyncio.run(talk())
    assert health.json() == {"status": "ok"}
    assert missing.status_code == 404
    assert [entry.request.path for entry in seen] == ["/healthz", "/v3/x"]
    assert seen[0].request.header("Host") == [health.request.url.netloc.decode()]
    assert seen[1].request.body == b"a" * 100_000
    assert [entry.response and entry.response.status for entry in seen] == [200, 404]
    assert seen[0].origin == server.url
    assert relay.counts.connections == 1


def test_a_server_that_is_not_there_is_a_502() -> None:
    """It says which server, and is counted."""
    relay = Relay("http://127.0.0.1:9", lambda _: None)

    async def talk() -> httpx.Response:
        async with _relaying(relay) as url, httpx.AsyncClient() as client:
            return await client.get(url)

    response = asyncio.run(talk())
    assert response.status_code == 502
    assert "cannot reach http://127.0.0.1:9" in response.text
    assert relay.counts.unreachable == 1


def test_bytes_that_are_not_http_are_relayed_too(server: sandbox.Running) -> None:
    """The server decides; the relay counts the connection."""
    relay = Relay(server.url, lambda _: None)

    async def talk() -> bytes:
        async with _relaying(relay) as url:
            host, port = httpx.URL(url).host, httpx.URL(url).port
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"nonsense\r\n\r\n")
            received = await reader.read()
            writer.close()
            return received

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 400")
    assert relay.counts.broken == 1
