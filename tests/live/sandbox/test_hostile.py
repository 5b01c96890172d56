"""What no client should send: never a 5xx, always the contract's shape."""

from __future__ import annotations

import json
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

from drs_sync_policy.sandbox import Running
from drs_sync_policy.sandbox.seed import FIRST
from tests.processes import completed

from .conftest import Caller

PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
HEAD = f"Host: x\r\nX-Auth-Token: {FIRST.token}\r\nContent-Type: application/json\r\n"
BODY = json.dumps({"jobs": [{"job_id": "x"}]}).encode()


def exchange(sandbox: Running, request: bytes) -> bytes:
    """All that comes back for these bytes, until the server closes."""
    address = urlsplit(sandbox.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 10) as wire:
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)
        response = b""
        while chunk := wire.recv(65536):
            response += chunk
    return response


def request(head: bytes | str, body: bytes = BODY, *, target: bytes = PATH.encode()) -> bytes:
    """The bytes of a POST with these header lines."""
    lines = head.encode() if isinstance(head, str) else head
    return (
        b"POST " + target + b" HTTP/1.1\r\n" + lines + b"Connection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    ) + body


def status(response: bytes) -> int:
    """The status of a raw response, whose error body is looked at too."""
    head, _, body = response.partition(b"\r\n\r\n")
    assert b"x-request-id: " in head.lower()
    assert b"content-type: application/json" in head.lower()
    code = int(head.split()[1])
    if code != 200:
        assert set(json.loads(body)) >= {"error_code", "error_msg"}
    return code


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        b"POST /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\na: " + b"x" * 500_000,
        b"GET /" + b"x" * 500_000,
    ],
)
def test_bytes_that_are_not_http_get_400(sandbox: Running, junk: bytes) -> None:
    """Bytes that are no HTTP request get the contract's error body."""
    assert status(exchange(sandbox, junk)) == 400


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"X-Auth-Token: \xff\xfe\r\n", 401),
        (b"X-Auth-Token: a\x00b\r\n", 400),
        (b"X-Language: \xe4\xb8\xad\r\n", 400),
        (b"Content-Encoding: \xff\r\n", 415),
        (b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n", 200),
        (b"Expect: 100-continue\r\n", 200),
        (b"X-Other: \xff\r\n", 200),
    ],
)
def test_raw_bytes_in_headers_are_survived(sandbox: Running, line: bytes, expected: int) -> None:
    """Headers of any bytes get a response of the contract."""
    head = HEAD.encode() if not line.startswith(b"X-Auth") else b"Host: x\r\n"
    response = exchange(sandbox, request(head + line))
    if response.startswith(b"HTTP/1.1 100"):
        response = response.partition(b"\r\n\r\n")[2]
    assert status(response) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/v3/%/jobs/batch-sync-policy", 400),
        (b"/v3/%zz/jobs/batch-sync-policy", 400),
        (b"/v3/%ff%fe/jobs/batch-sync-policy", 400),
        (b"/v3/%c0%af/jobs/batch-sync-policy", 400),
        (b"/v3/\\x00/jobs/batch-sync-policy", 400),
        (b"/v3/%2f/jobs/batch-sync-policy", 404),
        (b"/v3/../v3/jobs/batch-sync-policy", 404),
        (b"/%", 404),
        (b"*", 404),
        (b"http://elsewhere" + PATH.encode(), 200),
        (PATH.encode() + b"?a=%ff&X-Auth-Token=x", 200),
        (PATH.encode() + b"?" + b"x" * 10_000, 200),
        (b"//v3" + PATH.encode()[3:], 404),
    ],
)
def test_odd_targets_are_survived(sandbox: Running, target: bytes, expected: int) -> None:
    """Broken percent encodings and odd targets get a response of the contract."""
    assert status(exchange(sandbox, request(HEAD, target=target))) == expected


def test_a_chunked_body_is_read(sandbox: Running) -> None:
    """A body without a declared length is a body."""
    chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    head = f"POST {PATH} HTTP/1.1\r\n{HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert status(exchange(sandbox, head.encode() + chunked)) == 200


def test_a_broken_chunk_gets_400(sandbox: Running) -> None:
    """A body whose framing breaks gets 400."""
    head = f"POST {PATH} HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n"
    assert status(exchange(sandbox, head.encode() + b'5\r\n{"job\r\nzz\r\n')) == 400


def test_the_limit_holds_while_reading(serve: Any) -> None:
    """A chunked body is rejected as soon as it passes the limit, before its end is sent."""
    caller = serve(max_body_bytes=1000)

    def endless() -> Any:
        for _ in range(2000):
            yield b" " * 1000

    response = caller.http.post(
        caller.path,
        content=endless(),
        headers={"X-Auth-Token": FIRST.token, "Content-Type": "application/json"},
    )
    assert (response.status_code, response.json()["error_code"]) == (413, "APIGW.0201")
    assert caller.send(BODY + b" " * (1000 - len(BODY))).status_code == 200
    assert caller.send(BODY + b" " * (1001 - len(BODY))).status_code == 413


def test_a_client_that_leaves_is_forgotten(sandbox: Running, first: Caller) -> None:
    """A body that never ends well leaves nothing behind, and the next request gets its response."""
    head = f"POST {PATH} HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\n"
    exchange(sandbox, head.encode() + b'{"jobs": [')
    assert first.send(BODY).status_code == 200


SENDS_NO_HTTP = """
import socket
from drs_sync_policy import sandbox

with sandbox.running() as server:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"no http at all\\r\\n\\r\\n")
        print(connection.recv(12).decode())
"""


def test_bytes_that_are_not_http_write_nothing_to_stderr() -> None:
    """A program that runs a sandbox of its own keeps its terminal to itself."""
    done = completed([sys.executable, "-c", SENDS_NO_HTTP], check=True)
    assert (done.stdout, done.stderr) == ("HTTP/1.1 400\n", "")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v3/auth/tokens"),
        ("GET", "/v3/projects"),
        ("PUT", "/_sandbox/faults"),
        ("PUT", "/_sandbox/conditions"),
        ("POST", f"/_sandbox/projects/{FIRST.project_id}/jobs"),
    ],
)
def test_login_and_control_routes_read_16_kb(first: Caller, method: str, path: str) -> None:
    """Who has no credentials cannot have megabytes parsed."""
    response = first.http.request(
        method, path, content=b"[" * 16_385, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413


def test_the_end_of_a_request_is_never_ambiguous(sandbox: Running) -> None:
    """With Content-Length and Transfer-Encoding the connection is closed (RFC 9112, 6.1)."""
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    head = f"POST {PATH} HTTP/1.1\r\n{HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    address = urlsplit(sandbox.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 10) as wire:
        wire.sendall(head.encode() + chunked + head.encode() + chunked)
        response = b"".join(iter(lambda: wire.recv(65536), b""))
    assert response.count(b"HTTP/1.1 200") == 1
    assert b"connection: close" in response.lower()
