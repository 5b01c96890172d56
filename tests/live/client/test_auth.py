"""Tokens and keys on the wire."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from drs_sync_policy import AkSkAuth, AsyncSyncPolicyClient, Retries, TokenAuth, WrongUseError
from drs_sync_policy.client.credentials import signing
from tests.live.client.accounts import DONE, JOBS, NOW, client, tokens_sent
from tests.wire import Heard, says, wire


def test_a_function_is_asked_for_each_request() -> None:
    """A token that rotates is used from the next request on."""
    names = iter(["first", "second"])
    with wire(then=says(200, DONE)) as server, client(server, lambda: next(names)) as drs:
        drs.set_policies(JOBS)
        drs.set_policies(JOBS)
        assert tokens_sent(server) == ["first", "second"]


@pytest.mark.parametrize("bad", ["", " x", "x\n", "x\r\nX-Evil: 1", "é", "x\x00", None, 7])
def test_a_token_that_no_header_may_have_is_a_usage_error(bad: Any) -> None:
    """Line ends and the like raise `WrongUseError`, and the error does not quote the token."""
    with pytest.raises(WrongUseError) as caught:
        TokenAuth(bad)
    assert not bad or str(bad).strip() not in str(caught.value).replace("`token` is", "")


def test_any_auth_of_httpx_will_do() -> None:
    """Whatever httpx accepts as `auth` is used as it is."""
    with wire(says(200, DONE)) as server, client(server, httpx.BasicAuth("u", "p")) as drs:
        drs.set_policies(JOBS)
        assert server.heard[0].headers["authorization"].startswith("Basic ")


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


def test_each_attempt_is_signed_again() -> None:
    """A retry long after the first attempt has a date of its own."""
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
