"""Logging in by password: once, in time, and told when it fails."""

from __future__ import annotations

import asyncio
import socket
import threading
from datetime import timedelta

import pytest

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    DrsError,
    JobState,
    PasswordAuth,
    Retries,
    Timeouts,
    WrongUseError,
    errors,
)
from drs_sync_policy.passwords import iam_url_for
from tests.client.accounts import (
    DONE,
    JOBS,
    NOW,
    PASSWORD,
    REFUSED,
    client,
    password,
    token,
    tokens_sent,
)
from tests.wire import Act, free_port, hangs, says, wire


def test_a_password_is_sent_to_iam_and_its_token_to_the_service() -> None:
    """The login is the vendor's, for the client's project; the password goes nowhere else."""
    with wire(token("t1")) as iam, wire(then=says(200, DONE)) as server:
        with client(server, password(iam.url)) as drs:
            drs.set_policies(JOBS)
            drs.set_policies(JOBS)
        assert tokens_sent(server) == ["t1", "t1"]
        assert all(PASSWORD.encode() not in heard.body for heard in server.heard)
        (login,) = iam.heard
    assert (login.method, login.path) == ("POST", "/v3/auth/tokens")
    assert "x-auth-token" not in login.headers
    assert login.json() == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "name": "user",
                        "domain": {"name": "OTC-EU-DE-1"},
                        "password": PASSWORD,
                    }
                },
            },
            "scope": {"project": {"id": "p"}},
        }
    }


def test_a_token_is_renewed_before_it_expires() -> None:
    """Five minutes before its end a token is not used any more."""
    clock = [NOW]
    with wire(token("t1"), token("t2", 48)) as iam, wire(then=says(200, DONE)) as server:
        with client(server, password(iam.url, lambda: clock[0])) as drs:
            drs.set_policies(JOBS)
            clock[0] = NOW + timedelta(hours=23, minutes=54)
            drs.set_policies(JOBS)
            clock[0] = NOW + timedelta(hours=23, minutes=56)
            drs.set_policies(JOBS)
        assert tokens_sent(server) == ["t1", "t1", "t2"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"token": {"expires_at": 5}}'])
def test_a_token_without_an_end_lives_for_a_day(body: bytes) -> None:
    """Where IAM does not say when a token expires, the documented 24 hours count."""
    clock = [NOW]
    login = says(201, body, {"X-Subject-Token": "t"})
    with wire(login, login) as iam, wire(then=says(200, DONE)) as server:
        with client(server, password(iam.url, lambda: clock[0])) as drs:
            for hours in (0.0, 23.9, 24.0):
                clock[0] = NOW + timedelta(hours=hours)
                drs.set_policies(JOBS)
        assert len(iam.heard) == 2


def test_a_token_is_renewed_once_when_the_service_refuses_it() -> None:
    """A 401 leads to one new login and one repeat, and no more."""
    with wire(token("t1"), token("t2"), token("t3")) as iam, wire(REFUSED, then=REFUSED) as server:
        with client(server, password(iam.url)) as drs, pytest.raises(errors.UnauthorizedError):
            drs.set_policies(JOBS)
        assert tokens_sent(server) == ["t1", "t2"]


def test_a_renewed_token_serves() -> None:
    """After the one repeat with a new token the call goes on as if nothing had been."""
    with wire(token("t1"), token("t2")) as iam, wire(REFUSED, then=says(200, DONE)) as server:
        with client(server, password(iam.url)) as drs:
            assert drs.set_policies(JOBS).ok
            assert drs.set_policies(JOBS).ok
        assert tokens_sent(server) == ["t1", "t2", "t2"]


def test_threads_log_in_once() -> None:
    """Eight threads that call at the same time share one login."""
    with wire(token("t1")) as iam, wire(then=says(200, DONE)) as server:
        with client(server, password(iam.url)) as drs:
            start = threading.Barrier(8)

            def call() -> None:
                start.wait()
                drs.set_policies(JOBS)

            threads = [threading.Thread(target=call) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(iam.heard) == 1
        assert tokens_sent(server) == ["t1"] * 8


def test_threads_renew_once() -> None:
    """Eight threads whose token is refused at the same time share one new login."""
    together = threading.Barrier(8)

    def by_token(connection: socket.socket) -> bool:
        heard = server.last_from[connection.getpeername()[1]]
        if heard.headers["x-auth-token"] == "t2":
            return says(200, DONE)(connection)
        together.wait(20)
        return REFUSED(connection)

    with wire(token("t1"), token("t2"), token("t3")) as iam, wire(then=by_token) as server:
        with client(server, password(iam.url)) as drs:
            threads = [threading.Thread(target=drs.set_policies, args=(JOBS,)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(iam.heard) == 2
        assert sorted(tokens_sent(server)) == ["t1"] * 8 + ["t2"] * 8


def test_tasks_log_in_once_and_renew_once() -> None:
    """Eight tasks that call at the same time share one login, and one renewal after a 401."""

    def by_token(connection: socket.socket) -> bool:
        old = server.heard[-1].headers["x-auth-token"] == "t1"
        return (REFUSED if old else says(200, DONE))(connection)

    async def calls() -> None:
        auth = password(iam.url)
        async with AsyncSyncPolicyClient(
            base_url=server.url, project_id="p", auth=auth, retries=None
        ) as drs:
            await asyncio.gather(*(drs.set_policies(JOBS) for _ in range(8)))

    with wire(token("t1"), token("t2")) as iam, wire(then=by_token) as server:
        asyncio.run(calls())
        assert len(iam.heard) == 2


def test_one_login_serves_several_event_loops() -> None:
    """An auth that one event loop used serves the next one."""

    async def call(auth: PasswordAuth) -> None:
        async with AsyncSyncPolicyClient(base_url=server.url, project_id="p", auth=auth) as drs:
            await drs.set_policies(JOBS)

    with wire(token("t1")) as iam, wire(then=says(200, DONE)) as server:
        auth = PasswordAuth("user", PASSWORD, "d", project_id="p", iam_url=iam.url, now=lambda: NOW)
        asyncio.run(call(auth))
        asyncio.run(call(auth))
        assert len(iam.heard) == 1


@pytest.mark.parametrize(
    ("login", "kind"),
    [
        (
            says(401, {"error": {"code": 401, "message": "wrong", "title": "x"}}),
            "UnauthorizedError",
        ),
        (says(403, b"<html>"), "ForbiddenError"),
        (says(201, b"{}"), "OutsideContractError"),
        (says(200, DONE), "OutsideContractError"),
        (says(302, b""), "OutsideContractError"),
        (says(500, b""), "InternalServerError"),
    ],
)
def test_a_login_that_fails_is_told_as_such(login: Act, kind: str) -> None:
    """IAM's refusal is an error of its status, and no job was sent."""
    with wire(login) as iam, wire() as server:
        with client(server, password(iam.url)) as drs, pytest.raises(DrsError) as caught:
            drs.set_policies(JOBS)
        assert server.heard == []
    assert type(caught.value).__name__ == kind
    assert "IAM" in str(caught.value)
    assert caught.value.outcome is not None
    assert caught.value.outcome[0].state is JobState.NOT_SENT


def test_a_login_is_repeated_like_any_call() -> None:
    """A login that a busy IAM puts off is tried again."""
    busy = says(429, b"", {"Retry-After": "0"})
    quick = Retries(first_wait=0.01)
    with (
        wire(busy, token("t1")) as iam,
        wire(says(200, DONE)) as server,
        client(server, password(iam.url), retries=quick) as drs,
    ):
        assert drs.set_policies(JOBS).ok


def test_an_unreachable_iam_is_a_connection_error() -> None:
    """Where IAM does not listen, nothing is sent to the service."""
    with wire() as server:
        auth = password(f"http://127.0.0.1:{free_port()}")
        with client(server, auth) as drs, pytest.raises(errors.ConnectFailedError):
            drs.set_policies(JOBS)
        assert server.heard == []


def test_a_silent_iam_ends_with_the_call() -> None:
    """A login has the time of the call that needs it, and no more."""
    timeouts = Timeouts(read=60.0, total=0.5)
    with wire(hangs) as iam, wire() as server:
        with (
            client(server, password(iam.url), timeouts=timeouts) as drs,
            pytest.raises(errors.TimedOutError),
        ):
            drs.set_policies(JOBS)
        assert server.heard == []


def test_the_iam_server_is_that_of_the_region() -> None:
    """Beside `drs.REGION...` stands `iam.REGION...`; of another server it must be told."""
    assert iam_url_for("https://drs.eu-nl.otc.t-systems.com") == (
        "https://iam.eu-nl.otc.t-systems.com"
    )
    with wire() as server:
        auth = PasswordAuth("user", PASSWORD, "d")
        with client(server, auth) as drs, pytest.raises(WrongUseError, match="iam_url"):
            drs.set_policies(JOBS)
