"""A client that sends or reads too slowly loses its connection."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from drs_sync_policy.sandbox import running
from drs_sync_policy.sandbox.seed import FIRST

PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {FIRST.token}\r\n".encode()
JSON = b"Content-Type: application/json\r\n"


@contextmanager
def connected(*, client_seconds: float = 0.2) -> Iterator[tuple[socket.socket, str]]:
    """A connection to a sandbox that waits for clients so long, and the sandbox's URL."""
    with running(client_seconds=client_seconds) as server:
        address = urlsplit(server.url)
        where = (str(address.hostname), int(address.port or 0))
        with socket.create_connection(where, timeout=20) as wire:
            yield wire, server.url


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /heal",
        HEAD,
        HEAD + JSON + b"Content-Length: 100\r\n\r\n",
        HEAD + JSON + b'Content-Length: 100\r\n\r\n{"jobs',
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /heal",
    ],
)
def test_a_slow_request_is_cut_off(sent: bytes) -> None:
    """A head or body that does not arrive in time ends the connection, without a response to it."""
    with connected() as (wire, url):
        wire.sendall(sent)
        response = b""
        with suppress(ConnectionResetError):
            while chunk := wire.recv(65536):
                response += chunk
        assert response.count(b"HTTP/1.1 ") == sent.count(b"healthz")
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_dribbling_does_not_prolong_a_head() -> None:
    """The time is that of the whole head, however many bytes arrive."""
    with connected(client_seconds=1) as (wire, _):
        wire.sendall(b"GET /healthz HTTP/1.1\r\nx: ")
        dribbled = 0
        with suppress(ConnectionResetError, BrokenPipeError):
            while not select.select([wire], [], [], 0.05)[0]:
                wire.sendall(b"x")
                dribbled += 1
        assert 0 < dribbled < 100


def test_a_client_that_does_not_read_is_cut_off() -> None:
    """Its responses do not stay in memory; the connection is reset."""
    asked = b"GET /_sandbox/faults HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connected() as (wire, url):
        wire.setblocking(False)
        poll = select.poll()
        poll.register(wire, select.POLLHUP | select.POLLERR | select.POLLOUT)
        with suppress(ConnectionResetError, BrokenPipeError):
            while True:
                [(_, event)] = poll.poll(20_000)
                if event & (select.POLLHUP | select.POLLERR):
                    break
                with suppress(BlockingIOError):
                    wire.send(asked * 50)
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_client_that_waits_for_its_response_is_not_cut_off() -> None:
    """The sandbox's own latency is not the client's fault, with a large body on the way, too."""
    with connected() as (_, url):
        httpx.put(f"{url}/_sandbox/conditions", json={"latency_ms": 700}).raise_for_status()
        response = httpx.post(
            url + PATH,
            content=b'{"jobs": [{"job_id": "x"}]' + b" " * 2_000_000 + b"}",
            headers={"X-Auth-Token": FIRST.token, "Content-Type": "application/json"},
        )
        assert response.status_code == 200
