"""Logging in by password: once, in time, and with an error of its own if it fails."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from datetime import timedelta
from itertools import chain, repeat
from typing import Any

import httpx
import pytest

from drs_sync_policy import (
    AkSkAuth,
    AsyncSyncPolicyClient,
    DrsError,
    JobState,
    PasswordAuth,
    Retries,
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
from tests.wire import Act, Wire, free_port, hangs, resets, says, sends, wire


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
    """Eight threads whose token is rejected at the same time share one new login."""
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


def test_clients_share_one_login() -> None:
    """Two clients of a project that share the credentials share the token; another project not."""
    with (
        wire(token("t1"), token("t2")) as iam,
        wire(then=says(200, DONE)) as server,
    ):
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
    with (
        wire() as server,
        client(server, password(bad)) as drs,
        pytest.raises(WrongUseError),
    ):
        drs.set_policies(JOBS)


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
def test_a_login_that_fails_is_an_error_of_its_own(login: Act, kind: str) -> None:
    """It names the IAM host, has the reason, and no job was sent."""
    with wire(login) as iam, wire() as server:
        error = failed_login(server, iam.url)
        assert server.heard == []
    assert type(error.reason).__name__ == kind


def failed_login(server: Wire, iam_url: str, **options: Any) -> errors.LoginError:
    """The error of a request whose login failed, which is about IAM and leaves the job unsent."""
    with (
        client(server, password(iam_url), **options) as drs,
        pytest.raises(errors.LoginError, match="the login at ") as caught,
    ):
        drs.set_policies(JOBS)
    error = caught.value
    assert f"http://{error.host}" == iam_url
    assert error.host in str(error)
    assert error.request is not None
    assert error.request.url == f"{iam_url}/v3/auth/tokens"
    assert server.url not in str(error)
    assert not error.perhaps_acted
    assert error.outcome is not None
    assert error.outcome[0].state is JobState.NOT_SENT
    return error


@pytest.mark.parametrize(
    "first",
    [says(429, b"", {"Retry-After": "0"}), says(503, b""), sends(b""), resets],
    ids=["429", "503", "closed", "reset"],
)
def test_a_login_is_always_retried(first: Act) -> None:
    """Sending it again does no harm, so `retry_sent` does not matter."""
    quick = Retries(first_wait=0.01, retry_sent=False)
    with (
        wire(first, token("t1")) as iam,
        wire(says(200, DONE)) as server,
        client(server, password(iam.url), retries=quick) as drs,
    ):
        assert drs.set_policies(JOBS).ok


def test_the_error_of_a_retried_login_counts_its_attempts() -> None:
    """The reason has the number, and the log names the IAM server."""
    quick = Retries(attempts=2, first_wait=0.01)
    with wire(then=says(503, b"")) as iam, wire() as server:
        error = failed_login(server, iam.url, retries=quick)
        assert len(iam.heard) == 2
    assert isinstance(error.reason, errors.ServiceUnavailableError)
    assert error.reason.attempts == 2


def test_an_unreachable_iam_is_a_connection_error_of_the_login() -> None:
    """If IAM does not listen, nothing is sent to the service."""
    with wire() as server:
        error = failed_login(server, f"http://127.0.0.1:{free_port()}")
        assert server.heard == []
    assert type(error.reason) is errors.ConnectFailedError


@pytest.mark.parametrize(
    ("timeouts", "phase"),
    [(Timeouts(read=60.0, total=0.5), "total"), (Timeouts(read=0.3), "read")],
    ids=["total", "read"],
)
def test_a_silent_iam_ends_with_the_request(timeouts: Timeouts, phase: str) -> None:
    """A login has the time of the request that needs it, and no job is in doubt afterwards."""
    with wire(hangs) as iam, wire() as server:
        error = failed_login(server, iam.url, timeouts=timeouts)
        assert server.heard == []
    assert isinstance(error.reason, errors.TimedOutError)
    assert error.reason.phase == phase


def test_a_login_that_fails_after_a_lost_attempt_leaves_the_job_unknown() -> None:
    """The service may have acted on the attempt before."""
    clock = chain([NOW] * 3, repeat(NOW + timedelta(days=2)))
    with wire(token("t1"), says(403, b"")) as iam, wire(resets) as server:
        auth = password(iam.url, lambda: next(clock))
        with (
            client(server, auth, retries=Retries(first_wait=0.01)) as drs,
            pytest.raises(errors.LoginError) as caught,
        ):
            drs.set_policies(JOBS)
    assert caught.value.outcome is not None
    assert caught.value.outcome[0].state is JobState.UNKNOWN


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
