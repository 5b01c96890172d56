"""Logging in by password: once, whoever needs the token, and in time."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest

from drs_sync_policy import (
    AkSkAuth,
    AsyncSyncPolicyClient,
    DrsError,
    JobState,
    PasswordAuth,
    SyncPolicyClient,
    Timeouts,
    WrongUseError,
)
from drs_sync_policy.client.credentials.auth import SyncFlow
from drs_sync_policy.client.credentials.login import iam_url_for
from drs_sync_policy.runtime import errors
from tests.live.client.accounts import (
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
from tests.wire import hangs, says, sends, wire


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


def test_a_token_is_renewed_once_when_the_service_rejects_it() -> None:
    """A 401 leads to one new login and one retry, and no more."""
    with wire(token("t1"), token("t2"), token("t3")) as iam, wire(REFUSED, then=REFUSED) as server:
        with client(server, password(iam.url)) as drs, pytest.raises(errors.UnauthorizedError):
            drs.set_policies(JOBS)
        assert tokens_sent(server) == ["t1", "t2"]


def test_a_renewed_token_serves() -> None:
    """After one retry with a new token the call continues."""
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

            def call(_: int) -> None:
                start.wait()
                drs.set_policies(JOBS)

            with ThreadPoolExecutor(8) as pool:
                list(pool.map(call, range(8)))
        assert len(iam.heard) == 1
        assert tokens_sent(server) == ["t1"] * 8


def test_threads_renew_once() -> None:
    """Eight threads whose token is rejected at the same time share one new login."""
    together = threading.Barrier(8)

    def by_token(connection: socket.socket) -> bool:
        heard = server.last_from[connection.getpeername()[1]]
        if heard.headers["x-auth-token"] == "t2":
            return says(200, DONE)(connection)
        together.wait(20)
        return REFUSED(connection)

    with wire(token("t1"), token("t2"), token("t3")) as iam, wire(then=by_token) as server:
        with client(server, password(iam.url)) as drs, ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: drs.set_policies(JOBS), range(8)))
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


def test_clients_share_one_login() -> None:
    """Two clients of a project that share the credentials share the token; another project not."""
    with wire(token("t1"), token("t2")) as iam, wire(then=says(200, DONE)) as server:
        auth = password(iam.url)
        for _ in range(2):
            with client(server, auth) as drs:
                drs.set_policies(JOBS)
        other = SyncPolicyClient(base_url=server.url, project_id="q", auth=auth)
        with other as drs:
            drs.set_policies(JOBS)
        assert tokens_sent(server) == ["t1", "t1", "t2"]
        assert [heard.json()["auth"]["scope"]["project"]["id"] for heard in iam.heard] == ["p", "q"]


class _Named(PasswordAuth):
    """Credentials of a class of their own."""

    def sync_auth_flow(self, request: httpx.Request) -> SyncFlow:
        request.headers["X-Mine"] = "yes"
        yield from super().sync_auth_flow(request)


class _NamedKeys(AkSkAuth):
    """Keys of a class of their own."""

    def auth_flow(self, request: httpx.Request) -> SyncFlow:
        request.headers["X-Mine"] = "yes"
        yield from super().auth_flow(request)


def test_credentials_of_your_own_class_stay_so() -> None:
    """What a subclass adds is there on the wire, too."""
    with wire(token("t1")) as iam, wire(then=says(200, DONE)) as server:
        mine = _Named("user", PASSWORD, "d", iam_url=iam.url, now=lambda: NOW)
        for auth in (mine, _NamedKeys("AK", "SK")):
            with client(server, auth) as drs:
                drs.set_policies(JOBS)
        assert [heard.headers["x-mine"] for heard in server.heard] == ["yes", "yes"]


@pytest.mark.parametrize("is_async", [False, True])
def test_the_deadline_includes_the_wait_for_anothers_login(is_async: bool) -> None:
    """While another client logs in, a request waits no longer than its deadline."""
    begun = threading.Event()

    def hangs_on(connection: socket.socket) -> bool:
        begun.set()
        return hangs(connection)

    async def call_async() -> None:
        async with AsyncSyncPolicyClient(
            base_url=server.url, project_id="p", auth=auth, timeouts=short, retries=None
        ) as drs:
            await drs.set_policies(JOBS)

    def call() -> None:
        with client(server, auth, timeouts=short) as drs:
            drs.set_policies(JOBS)

    def first() -> None:
        with suppress(DrsError), client(server, auth, timeouts=Timeouts(total=60.0)) as drs:
            drs.set_policies(JOBS)

    short = Timeouts(total=0.3)
    with wire() as server:
        with wire(hangs_on) as iam:
            auth = password(iam.url)
            holder = threading.Thread(target=first)
            holder.start()
            begun.wait(20)
            with pytest.raises(errors.LoginError) as caught:
                asyncio.run(call_async()) if is_async else call()
            assert holder.is_alive()
        holder.join()
        assert isinstance(caught.value.reason, errors.TimedOutError)
        assert (caught.value.reason.phase, server.heard) == ("total", [])
    assert caught.value.outcome is not None
    assert caught.value.outcome[0].state is JobState.NOT_SENT


@pytest.mark.parametrize("expires", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59",
                                     "9999-12-31T23:59:59-23:59"])  # fmt: skip
def test_an_absurd_end_of_a_token_breaks_nothing(expires: str) -> None:
    """A token that IAM gives serves the call that asked for it, whenever it says that it ends."""
    login = says(201, {"token": {"expires_at": expires}}, {"X-Subject-Token": "t"})
    with wire(then=login) as iam, wire(then=says(200, DONE)) as server:
        with client(server, password(iam.url)) as drs:
            assert drs.set_policies(JOBS).ok
            assert drs.set_policies(JOBS).ok
        assert len(iam.heard) == (2 if expires.startswith("0") else 1)


@pytest.mark.parametrize("odd", ["t\x7f", "t\xe9"])
def test_a_token_that_no_header_may_have_is_none(odd: str) -> None:
    """A token of IAM that cannot be sent in a header is an error."""
    head = f"HTTP/1.1 201 X\r\nContent-Length: 0\r\nX-Subject-Token: {odd}\r\n\r\n"
    with (
        wire(sends(head.encode("latin-1"), stays=True)) as iam,
        wire() as server,
        client(server, password(iam.url)) as drs,
        pytest.raises(DrsError),
    ):
        drs.set_policies(JOBS)


@pytest.mark.parametrize("bad", ["http://a\x7f", "http://a:b", "iam"])
def test_an_invalid_iam_server_is_a_usage_error(bad: str) -> None:
    """Nothing is sent."""
    with wire() as server, client(server, password(bad)) as drs, pytest.raises(WrongUseError):
        drs.set_policies(JOBS)


def test_the_iam_server_is_that_of_the_region() -> None:
    """The host `iam.REGION...` belongs to `drs.REGION...`; for another server it must be given."""
    assert iam_url_for("https://drs.eu-nl.otc.t-systems.com") == (
        "https://iam.eu-nl.otc.t-systems.com"
    )
    with wire() as server:
        auth = PasswordAuth("user", PASSWORD, "d")
        with client(server, auth) as drs, pytest.raises(WrongUseError, match="iam_url"):
            drs.set_policies(JOBS)


def test_plain_clients_of_httpx_can_log_in_too() -> None:
    """Sync and async, at first and after a 401: the response of IAM is read before it is used."""
    responses = (REFUSED, says(200, DONE))

    async def call(url: str, auth: httpx.Auth) -> int:
        async with httpx.AsyncClient() as http:
            return (await http.post(url, auth=auth)).status_code

    with wire(token("t1"), token("t2")) as iam, wire(*responses) as server:
        auth = password(iam.url)
        with httpx.Client() as http:
            assert http.post(server.url, auth=auth).status_code == 200
        assert tokens_sent(server) == ["t1", "t2"]
    with wire(token("t1"), token("t2")) as iam, wire(*responses) as server:
        assert asyncio.run(call(server.url, password(iam.url))) == 200
        assert tokens_sent(server) == ["t1", "t2"]
