"""How the client handles bodies that are too long, incomplete or compressed, over real sockets."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from typing import Any

import httpx
import pytest

from drs_sync_policy.client.network.bodies import ResponseBody, UnreadableBodyError
from drs_sync_policy.runtime import errors
from tests.live.client.errors.calls import DONE, Call, failure, whole
from tests.wire import says, sends, wire


def test_a_gzip_bomb_is_not_decompressed(each_call: Call) -> None:
    """A body that grows beyond the limit while it is decompressed is an error."""
    bomb = gzip.compress(b" " * 70_000_000)
    with wire(sends(whole(bomb, "Content-Encoding: gzip"))) as server:
        error = failure(each_call, server.url)
    assert type(error) is errors.OutsideContractError
    assert "longer than" in str(error)


def test_a_bomb_is_decompressed_up_to_the_limit() -> None:
    """The limit bounds the memory, whatever the size of the decompressed chunk."""
    bomb = gzip.compress(b" " * 50_000_000)
    request = httpx.Request("POST", "http://127.0.0.1")
    body = ResponseBody(request, [(b"Content-Encoding", b"gzip")], 200, 1000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableBodyError, match="longer than 1000 bytes"):
            body.add(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_body_without_end_is_an_error(each_call: Call) -> None:
    """A body that never ends is read up to the limit."""

    def act(connection: Any) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" " * 1_000_000)
        return False

    with wire(act) as server:
        error = failure(each_call, server.url)
    assert type(error) is errors.OutsideContractError


@pytest.mark.parametrize(
    "body", [gzip.compress(b"{}" * 100, mtime=0)[:-20], b"not gzip"], ids=["cut", "none"]
)
def test_a_broken_compression_is_outside_the_contract(each_call: Call, body: bytes) -> None:
    """A body that cannot be decompressed is outside the contract."""
    with wire(sends(whole(body, "Content-Encoding: gzip"))) as server:
        error = failure(each_call, server.url)
    assert type(error) is errors.OutsideContractError


def test_a_compressed_response_is_read(each_call: Call) -> None:
    """A server may compress its response without being asked to."""
    packed = gzip.compress(json.dumps(DONE).encode())
    with wire(sends(whole(packed, "Content-Encoding: gzip"))) as server:
        assert each_call(server.url).ok


@pytest.mark.parametrize("rest", [b"garbage", b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("chunked", [False, True])
def test_bytes_after_a_response_do_not_reach_the_next_request(
    each_call: Call, rest: bytes, chunked: bool
) -> None:
    """A connection with bytes after its response is closed, even if the server keeps it open."""
    body = json.dumps(DONE).encode()
    pieces = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    first = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces
    long = sends((first if chunked else whole(body)) + rest, stays=True)
    with wire(long, then=says(200, DONE)) as server:
        assert each_call(server.url, times=2).ok
        assert len(server.connections) == 2
