"""How the client handles a server that does not respond, over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from drs_sync_policy import JobState, Timeouts
from drs_sync_policy.runtime import errors
from tests.live.client.errors.calls import Call, failure, states, whole
from tests.wire import Act, drips, free_port, hangs, resets, sends, wire


def test_nothing_is_sent_without_a_connection(each_call: Call) -> None:
    """If nothing listens, there is no connection, and no job was sent."""
    error = failure(each_call, f"http://127.0.0.1:{free_port()}")
    assert type(error) is errors.ConnectFailedError
    assert states(error) == {JobState.NOT_SENT}


@pytest.mark.parametrize("host", ["a..test", f"{'a' * 70}.test"], ids=["empty", "long"])
def test_a_host_that_no_name_server_can_have_is_a_connection_error(call: Call, host: str) -> None:
    """Python cannot encode a label that is empty or too long; nothing waits for it."""
    error = failure(call, f"http://{host}")
    assert type(error) is errors.ConnectFailedError
    assert states(error) == {JobState.NOT_SENT}


@pytest.mark.parametrize(
    "act",
    [
        resets,
        sends(b""),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
        sends(b"not http at all\r\n\r\n"),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    ],
    ids=["reset", "closed", "incomplete", "chunk incomplete", "no http", "two lengths"],
)
def test_broken_connections_leave_the_jobs_unknown(each_call: Call, act: Act) -> None:
    """The server may have acted before the connection broke, so the jobs are unknown."""
    with wire(act) as server:
        error = failure(each_call, server.url)
    assert type(error) is errors.ConnectionLostError
    assert states(error) == {JobState.UNKNOWN}


def test_a_silent_server_ends_in_a_read_timeout(each_call: Call) -> None:
    """A server that does not respond ends in a timeout of `read`."""
    with wire(hangs) as server:
        error = failure(each_call, server.url, timeouts=Timeouts(read=0.3))
    assert isinstance(error, errors.TimedOutError)
    assert error.phase == "read"
    assert states(error) == {JobState.UNKNOWN}


def test_no_wait_outlasts_the_deadline(each_call: Call) -> None:
    """The deadline shortens a longer `read` timeout."""
    with wire(hangs) as server:
        error = failure(each_call, server.url, timeouts=Timeouts(read=60.0, total=0.5))
    assert isinstance(error, errors.TimedOutError)
    assert error.phase == "total"


@pytest.mark.parametrize("from_byte", [0, 40], ids=["headers", "body"])
def test_a_slow_drip_ends_at_the_deadline(each_call: Call, from_byte: int) -> None:
    """No single read is late, and the request still ends at its deadline."""
    raw = whole(b"{" + b" " * 300, "X-Padding: " + "x" * 300)

    def act(connection: Any) -> bool:
        connection.sendall(raw[:from_byte])
        return drips(raw[from_byte:])(connection)

    with wire(act) as server:
        error = failure(each_call, server.url, timeouts=Timeouts(total=1.0))
    assert isinstance(error, errors.TimedOutError)
    assert error.phase == "total"
