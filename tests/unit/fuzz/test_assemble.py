"""From the bytes of a connection to its exchanges."""

from __future__ import annotations

import pytest

from drs_sync_policy.fuzz.traffic.assemble import Assembler, Chunk, Direction
from drs_sync_policy.fuzz.traffic.recorded import Recorded

REQUEST = b"POST /p?x=%2F HTTP/1.1\r\nHost: h\r\nX-Auth-Token: t\r\nContent-Length: 2\r\n\r\nhi"
RESPONSE = (
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
)


def _feed(*pieces: tuple[Direction, bytes]) -> tuple[list[Recorded], Assembler]:
    assembler = Assembler("http://h")
    found: list[Recorded] = []
    for number, (direction, content) in enumerate(pieces):
        found += assembler.add(Chunk(direction, float(number), content))
    return found, assembler


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_exchanges_come_out_as_they_went_over_the_wire(size: int) -> None:
    """However the bytes are cut, and with several exchanges on the connection."""
    pieces: list[tuple[Direction, bytes]] = []
    both: tuple[tuple[Direction, bytes], ...] = (
        ("request", REQUEST * 2),
        ("response", RESPONSE * 2),
    )
    for direction, content in both:
        pieces += [
            (direction, content[start : start + size]) for start in range(0, len(content), size)
        ]
    found, assembler = _feed(*pieces)
    assert assembler.broken == ""
    assert len(found) == 2
    for recorded in found:
        assert recorded.request.path == "/p?x=%2F"
        assert ("X-Auth-Token", "t") in recorded.request.headers
        assert recorded.request.body == b"hi"
        assert recorded.response is not None
        assert (recorded.response.status, recorded.response.body) == (200, b"abc")
        assert recorded.began is not None
        assert recorded.ended is not None
        assert recorded.began <= recorded.ended


def test_a_response_before_the_end_of_its_request_waits_for_it() -> None:
    """Servers reject a large body early."""
    found, _ = _feed(("request", REQUEST[:-1]), ("response", RESPONSE), ("request", REQUEST[-1:]))
    assert [entry.response and entry.response.status for entry in found] == [200]


def test_a_head_request_has_a_response_without_a_body() -> None:
    """Its Content-Length is that of the GET."""
    head = b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"
    found, _ = _feed(
        ("request", head), ("response", short), ("request", REQUEST), ("response", RESPONSE)
    )
    assert [entry.request.method for entry in found] == ["HEAD", "POST"]


def test_a_connection_that_ends_leaves_a_request_without_response() -> None:
    """And a body that ends with the connection is complete."""
    found, _ = _feed(("request", REQUEST), ("response", b""))
    assert [entry.response for entry in found] == [None]
    old = b"HTTP/1.0 200 OK\r\n\r\nbody"
    found, _ = _feed(("request", REQUEST), ("response", old), ("response", b""))
    (recorded,) = found
    assert recorded.response is not None
    assert (recorded.response.version, recorded.response.body) == (10, b"body")


def test_bytes_that_are_not_http_end_only_their_connection() -> None:
    """Earlier exchanges stay."""
    found, assembler = _feed(
        ("request", REQUEST), ("response", RESPONSE), ("request", b"\0\0\r\n\r\n")
    )
    assert len(found) == 1
    assert "the request is not HTTP/1.1" in assembler.broken
