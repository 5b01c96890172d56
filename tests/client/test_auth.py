"""Tokens, passwords and keys: who sends what, when it is renewed, and that nobody sees it."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import socket
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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
    SyncPolicyReq,
    Timeouts,
    TokenAuth,
    WrongUseError,
    errors,
    signing,
)
from drs_sync_policy.passwords import iam_url_for
from drs_sync_policy.secret import Secret
from tests.wire import Act, Heard, Wire, free_port, hangs, says, wire

JOBS = [SyncPolicyReq(job_id="a")]
DONE = {"count": 1, "results": [{"id": "a", "status": "success"}]}
PASSWORD = "the-password-nobody-sees"
NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
REFUSED = says(401, {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM information."})


def token(name: str, hours: float = 24.0, start: datetime = NOW) -> Act:
    expires = (start + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return says(201, {"token": {"expires_at": expires}}, {"X-Subject-Token": name})


def password(url: str, now: Callable[[], datetime] = lambda: NOW) -> PasswordAuth:
    return PasswordAuth("user", PASSWORD, "OTC-EU-DE-1", iam_url=url, now=now)


def client(server: Wire, auth: Any, **options: Any) -> SyncPolicyClient:
    options = {"retries": None, **options}
    return SyncPolicyClient(base_url=server.url, project_id="p", auth=auth, **options)


def tokens_sent(server: Wire) -> list[str]:
    return [heard.headers["x-auth-token"] for heard in server.heard]


# --- tokens -----------------------------------------------------------------------------------
def test_a_function_is_asked_for_each_request() -> None:
    """A token that rotates is used from the next request on."""
    names = iter(["first", "second"])
    with wire(then=says(200, DONE)) as server, client(server, lambda: next(names)) as drs:
        drs.set_policies(JOBS)
        drs.set_policies(JOBS)
        assert tokens_sent(server) == ["first", "second"]


@pytest.mark.parametrize("bad", ["", " x", "x\n", "x\r\nX-Evil: 1", "é", "x\x00", None, 7])
def test_a_token_that_no_header_may_have_is_refused(bad: Any) -> None:
    """Line ends and the like are wrong use, and the error does not quote the token."""
    with pytest.raises(WrongUseError) as caught:
        TokenAuth(bad)
    assert not bad or str(bad).strip() not in str(caught.value).replace("`token` is", "")


def test_any_auth_of_httpx_will_do() -> None:
    """Whatever httpx accepts as `auth` is used as it is."""
    with wire(says(200, DONE)) as server, client(server, httpx.BasicAuth("u", "p")) as drs:
        drs.set_policies(JOBS)
        assert server.heard[0].headers["authorization"].startswith("Basic ")


# --- passwords --------------------------------------------------------------------------------
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


# --- keys -------------------------------------------------------------------------------------
def verify(heard: Heard, secret_key: str) -> bool:
    """Whether a request is signed as the vendor's gateway demands, by the list that it names."""
    given = heard.headers["authorization"]
    names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = signing.authorization(
        "AK", secret_key, method=heard.method, path=heard.path, body=heard.body,
        headers={name: heard.headers[name] for name in names},
    )  # fmt: skip
    return given == again


def test_keys_sign_what_is_sent() -> None:
    """The signature fits the request as it came over the wire, and there is no token."""
    auth = AkSkAuth("AK", "the-secret-key", security_token="temporary")
    with wire(says(200, DONE)) as server, client(server, auth, language="zh-cn") as drs:
        drs.set_policies(JOBS)
        (heard,) = server.heard
    assert verify(heard, "the-secret-key")
    assert not verify(heard, "another")
    assert "x-auth-token" not in heard.headers
    assert heard.headers["x-project-id"] == "p"
    assert heard.headers["x-security-token"] == "temporary"
    signed = heard.headers["authorization"]
    for name in ("content-type", "host", "x-language", "x-project-id", "x-sdk-date",
                 "x-security-token"):  # fmt: skip
        assert name in signed
    assert "user-agent" not in signed


def test_each_attempt_is_signed_anew() -> None:
    """A repeat long after the first attempt has a date of its own."""
    clock = iter([NOW, NOW + timedelta(minutes=20)])
    auth = AkSkAuth("AK", "sk", now=lambda: next(clock))
    busy = says(503, b"", {"Retry-After": "0"})
    with wire(busy, says(200, DONE)) as server:
        with client(server, auth, retries=Retries(first_wait=0.01)) as drs:
            drs.set_policies(JOBS)
        dates = [heard.headers["x-sdk-date"] for heard in server.heard]
        assert all(verify(heard, "sk") for heard in server.heard)
    assert dates == ["20260131T120000Z", "20260131T122000Z"]


def test_keys_sign_for_an_async_client() -> None:
    """The same signature serves the async client."""

    async def call() -> None:
        auth = AkSkAuth("AK", "sk")
        async with AsyncSyncPolicyClient(base_url=server.url, project_id="p", auth=auth) as drs:
            await drs.set_policies(JOBS)

    with wire(says(200, DONE)) as server:
        asyncio.run(call())
        assert verify(server.heard[0], "sk")


# --- that nobody sees it ----------------------------------------------------------------------
SECRETS = ("secret-token", PASSWORD, "the-secret-key", "secret-security-token", "secret-subject")
AUTHS: list[Callable[[str], Any]] = [
    lambda _: TokenAuth("secret-token"),
    lambda _: TokenAuth(lambda: "secret-token"),
    lambda _: AkSkAuth("AK", "the-secret-key", security_token="secret-security-token"),
    password,
]


@pytest.mark.parametrize("make", AUTHS)
def test_no_secret_is_seen(make: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
    """Not in a repr, a log of any level, an exception, a pickle, or a traceback with locals."""
    caplog.set_level(logging.DEBUG)
    with wire(then=token("secret-subject")) as iam, wire(then=says(403, b"")) as server:
        auth = make(iam.url)
        with client(server, auth) as drs, pytest.raises(DrsError) as caught:
            drs.set_policies(JOBS)
        shown = [repr(auth), str(auth), repr(drs), repr(vars(drs)), caplog.text]
    error: BaseException | None = caught.value
    shown.append(pickle.dumps(error).decode("latin-1"))
    while error is not None:
        shown += [str(error), repr(error), repr(vars(error))]
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        ours = [frame for frame in trace.format() if "/drs_sync_policy/" in frame.splitlines()[0]]
        assert ours or error is not caught.value
        shown += ours
        error = error.__cause__ or error.__context__
    assert "x-auth-token" in repr(vars(caught.value)) or isinstance(auth, AkSkAuth)
    for secret in SECRETS:
        assert secret not in "\n".join(shown)


@pytest.mark.parametrize("make", AUTHS[::2])
def test_credentials_are_not_pickled(make: Callable[[str], Any]) -> None:
    """A pickle would put a secret on disk; the error says what to do instead."""
    with pytest.raises(TypeError, match="make the credentials anew"):
        pickle.dumps(make(""))


def test_a_secret_reveals_itself_only_when_asked() -> None:
    """Repr, str, format and copies keep it."""
    secret = Secret("hidden")
    assert "hidden" not in f"{secret} {secret!r} {[secret]}"
    assert copy.deepcopy(secret).reveal() == "hidden"
    assert json.dumps(str(secret)) == '"<secret>"'
