"""A client of httpx2 that users bring: credentials, retries, timeouts and errors are ours."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from drs_sync_policy import (
    AkSkAuth,
    AsyncSyncPolicyClient,
    Outcome,
    OutsideContractError,
    Retries,
    Timeouts,
    WrongUseError,
)
from drs_sync_policy.runtime import errors
from tests.live.client.accounts import password, token
from tests.live.client.calls import DONE, JOBS, make
from tests.live.client.test_auth import verify
from tests.wire import Act, hangs, resets, says, sends, wire


def send_with_httpx2(url: str, mine: dict[str, Any], **options: Any) -> Outcome:
    with httpx2.Client(**mine) as yours, make(base_url=url, http_client=yours, **options) as drs:
        return drs.set_policies(JOBS)


def send_with_async_httpx2(url: str, mine: dict[str, Any], **options: Any) -> Outcome:
    async def send() -> Outcome:
        options.update(base_url=url, project_id="p", http_client=yours)
        options.setdefault("auth", "t")
        async with yours, AsyncSyncPolicyClient(**options) as drs:
            return await drs.set_policies(JOBS)

    yours = httpx2.AsyncClient(**mine)
    return asyncio.run(send())


with_httpx2 = pytest.mark.parametrize(
    "send", [send_with_httpx2, send_with_async_httpx2], ids=["sync", "async"]
)


@with_httpx2
def test_a_client_of_httpx2_is_used(send: Callable[..., Outcome]) -> None:
    """With its headers and cookies, our credentials, a login, retries, and no redirect."""
    mine = {"headers": {"X-Mine": "1"}, "cookies": {"c": "2"}, "follow_redirects": True}
    retries = Retries(first_wait=0.01)
    with (
        wire(token("t1")) as iam,
        wire(says(503), says(200, DONE), says(302, b"", {"Location": "/x"})) as server,
    ):
        assert send(server.url, mine, auth=password(iam.url), retries=retries).ok
        with pytest.raises(OutsideContractError):
            send(server.url, mine)
        heard = server.heard
        assert len(iam.heard) == 1
    assert len(heard) == 3
    for request in heard[:2]:
        assert request.headers["x-mine"] == "1"
        assert request.headers["cookie"] == "c=2"
        assert request.headers["x-auth-token"] == "t1"
        assert request.json() == {
            "jobs": [{"job_id": "a", "conflict_policy": "stop", "ddl_trans": False}]
        }


@with_httpx2
def test_a_signature_fits_what_a_client_of_httpx2_sends(send: Callable[..., Outcome]) -> None:
    """The request reaches the wire as it was signed."""
    with wire(says(200, DONE)) as server:
        assert send(server.url, {}, auth=AkSkAuth("AK", "the-secret-key")).ok
        assert verify(server.heard[0], "the-secret-key")


def bomb(connection: socket.socket) -> bool:
    """A body that is longer than the limit once it is decompressed; made when it is asked for."""
    packed = gzip.compress(b" " * 70_000_000, 1)
    return says(200, packed, {"Content-Encoding": "gzip"})(connection)


@with_httpx2
@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (resets, errors.ConnectionLostError),
        (hangs, errors.TimedOutError),
        (sends(b"no http at all\r\n\r\n"), errors.ConnectionLostError),
        (bomb, errors.OutsideContractError),
    ],
    ids=["reset", "hang", "no-http", "bomb"],
)
def test_errors_of_httpx2_are_our_errors(
    send: Callable[..., Outcome], act: Act, kind: type[Exception]
) -> None:
    """Whatever goes wrong, no error of httpx2 reaches the caller; `timeouts` count."""
    read = 0.5 if act is hangs else 30.0  # the bomb takes its time to be packed
    with wire(act) as server, pytest.raises(kind):
        send(server.url, {}, timeouts=Timeouts(read=read), retries=None)


@with_httpx2
def test_a_transport_of_httpx2_may_respond_by_itself(send: Callable[..., Outcome]) -> None:
    """As in tests: its response is read already."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        assert request.extensions["timeout"]["read"] == 7.0
        return httpx2.Response(200, json=DONE)

    mine = {"transport": httpx2.MockTransport(respond), "timeout": 7.0}
    assert send("http://x", mine).ok


def test_a_client_of_httpx2_logs_no_credentials(caplog: pytest.LogCaptureFixture) -> None:
    """httpcore2 has loggers of its own."""
    caplog.set_level(logging.DEBUG)
    with wire(says(200, DONE, {"Set-Cookie": "hush-hush"})) as server:
        assert send_with_httpx2(server.url, {}).ok
    assert "httpcore2" in {record.name.partition(".")[0] for record in caplog.records}
    assert "hush-hush" not in caplog.text


def test_a_closed_client_of_httpx2_is_a_usage_error() -> None:
    """As one of httpx."""
    yours = httpx2.Client()
    yours.close()
    with pytest.raises(WrongUseError, match="closed; make a new one"):
        make(base_url="http://127.0.0.1:9", http_client=yours).set_policies(JOBS)
