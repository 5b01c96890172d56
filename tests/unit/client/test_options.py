"""Invalid options, found when a client is made and before anything is sent."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import httpx
import pytest

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    Batches,
    Connections,
    Hooks,
    JobState,
    Outcome,
    Retries,
    SyncPolicyClient,
    SyncPolicyReq,
    Timeouts,
    WrongUseError,
)
from drs_sync_policy.client import async_client, shared, sync_client
from drs_sync_policy.client.network.async_transport import AsyncTransport
from drs_sync_policy.client.network.options import shared_tls_context
from drs_sync_policy.client.network.sync_transport import Transport
from drs_sync_policy.testing import Scripted, succeeds
from tests.wire import carries_out, wire

JOBS = [SyncPolicyReq(job_id="a")]


@pytest.mark.parametrize("name", ["jobs", "bytes", "concurrency"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, None, "2"])
def test_batches_without_a_size_are_usage_errors(name: str, value: Any) -> None:
    """With a size of 0 nothing would be sent, and nothing would be reported."""
    with pytest.raises(WrongUseError, match=f"`Batches.{name}` is .*: give an integer"):
        Batches(**{name: value})


@pytest.mark.parametrize("name", ["connect", "write", "read", "pool", "total"])
@pytest.mark.parametrize("value", [0, -1.0, math.inf, math.nan, None, "2", True])
def test_times_without_an_end_are_usage_errors(name: str, value: Any) -> None:
    """Each timeout is finite and leaves some time."""
    with pytest.raises(WrongUseError, match=f"`Timeouts.{name}` is .*: give a finite"):
        Timeouts(**{name: value})


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (Retries, {"attempts": 0}),
        (Retries, {"first_wait": -1.0}),
        (Retries, {"longest_wait": math.nan}),
        (Retries, {"budget": -1}),
        (Connections, {"limit": 0}),
        (Connections, {"keepalive_seconds": math.inf}),
        (Connections, {"max_response_bytes": None}),
    ],
)
def test_other_invalid_numbers_are_usage_errors(kind: type[Any], options: dict[str, Any]) -> None:
    """The error names the option, its value and the valid values."""
    (name,) = options
    with pytest.raises(WrongUseError, match=f"`{kind.__name__}.{name}` is .* give a") as caught:
        kind(**options)
    (problem,) = caught.value.problems
    assert (problem.at, repr(problem.value)) == (f"{kind.__name__}.{name}", repr(options[name]))


def connected(url: str = "https://127.0.0.1:9", **connections: Any) -> SyncPolicyClient:
    options = Connections(**connections) if connections else None
    return SyncPolicyClient(base_url=url, project_id="p", auth="t", connections=options)


@pytest.mark.parametrize(
    ("proxy", "text"),
    [
        ("ftp://u:hush-hush@x", "must start with http"),
        ("http://u:hush-hush@a\x7f", "must start with http"),
        ("socks5://u:hush-hush@127.0.0.1:1", "socksio"),
    ],
)
@pytest.mark.parametrize("by_environment", [True, False])
def test_an_invalid_proxy_is_a_usage_error(
    proxy: str, text: str, by_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether an option or a variable names it; its credentials are not quoted."""
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if by_environment:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(WrongUseError, match=text) as caught:
        connected(**({} if by_environment else {"proxy": proxy}))
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://a\x7f", "http://a:b", "http://a\n"])
def test_an_invalid_url_is_a_usage_error(url: str) -> None:
    """It is found when the client is made."""
    with pytest.raises(WrongUseError, match="`base_url` must be a URL"):
        connected(url)


def test_certificates_that_cannot_be_read_are_usage_errors(tmp_path: Path) -> None:
    """A file that is missing, or holds no certificate, is named."""
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for file in (tmp_path / "none.pem", empty):
        with pytest.raises(WrongUseError, match=file.name):
            connected(verify=file)


def test_the_variable_of_certificates_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual authorities may be a file that a variable names, and that is not there."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    shared_tls_context.cache_clear()
    with pytest.raises(WrongUseError, match="SSL_CERT_FILE"):
        connected()


@pytest.mark.parametrize("brought", [False, True])
def test_a_closed_client_is_a_usage_error(brought: bool) -> None:
    """After `close` nothing is sent, and the job is known to be so."""
    with wire(then=lambda c: carries_out(server, c)) as server, httpx.Client() as mine:
        drs = SyncPolicyClient(
            base_url=server.url, project_id="p", auth="t", http_client=mine if brought else None
        )
        with drs:
            drs.set_policies(JOBS)
        with pytest.raises(WrongUseError, match="closed; make a new one") as caught:
            drs.set_policies(JOBS)
        assert len(server.heard) == 1
    assert caught.value.outcome is not None
    assert caught.value.outcome[0].state is JobState.NOT_SENT


def test_your_own_closed_client_is_a_usage_error() -> None:
    """An `httpx.Client` that its owner closed sends nothing, and the error is one of ours."""
    mine = httpx.Client()
    mine.close()
    drs = SyncPolicyClient(
        base_url="http://127.0.0.1:9", project_id="p", auth="t", http_client=mine
    )
    with pytest.raises(WrongUseError, match="closed; make a new one"):
        drs.set_policies(JOBS)


@pytest.mark.parametrize("brought", [False, True])
def test_a_closed_async_client_is_a_usage_error(brought: bool) -> None:
    """The same for the async client."""

    async def call() -> None:
        async with httpx.AsyncClient() as mine:
            drs = AsyncSyncPolicyClient(
                base_url=server.url, project_id="p", auth="t", http_client=mine if brought else None
            )
            async with drs:
                await drs.set_policies(JOBS)
            with pytest.raises(WrongUseError, match="closed; make a new one"):
                await drs.set_policies(JOBS)
            if not brought:
                return
        drs = AsyncSyncPolicyClient(base_url=server.url, project_id="p", auth="t", http_client=mine)
        with pytest.raises(WrongUseError, match="closed; make a new one"):
            await drs.set_policies(JOBS)

    with wire(then=lambda c: carries_out(server, c)) as server:
        asyncio.run(call())
        assert len(server.heard) == 1


def limit_of(transport: Any) -> int:
    """The maximum number of connections of the next pool that a transport makes."""
    most: int = transport._pools._make(None)._max_connections
    return most


@pytest.mark.parametrize("make", [Transport, AsyncTransport])
def test_connections_suffice_for_the_requests_at_once(make: Any) -> None:
    """Where no limit is given, no request of a call waits for a connection."""
    assert limit_of(make(concurrency=64)) == 64
    assert limit_of(make(concurrency=4)) == 20
    assert limit_of(make(connections=Connections(limit=3), concurrency=64)) == 3


def test_a_client_has_a_connection_for_each_request_at_once() -> None:
    """`concurrency` reaches the pool of both clients."""
    for kind in (SyncPolicyClient, AsyncSyncPolicyClient):
        drs: Any = kind(
            base_url="http://127.0.0.1:9", project_id="p", auth="t", batches=Batches(concurrency=30)
        )
        assert limit_of(drs._transport) == 30


@pytest.mark.parametrize(
    ("kind", "options", "typed"),
    [
        (SyncPolicyClient, sync_client.Options, "Options"),
        (AsyncSyncPolicyClient, async_client.AsyncOptions, "AsyncOptions"),
    ],
)
def test_the_options_of_a_client_are_typed(kind: Any, options: Any, typed: str) -> None:
    """`from_environment` takes what `__init__` takes, and a type checker knows each option."""
    assert kind.from_environment.__annotations__["options"] == f"Unpack[{typed}]"
    assert options.__optional_keys__ == kind.__init__.__annotations__.keys() - {"return"}
    assert kind.with_options.__annotations__["options"] == "Unpack[ChangedOptions]"
    assert shared.ChangedOptions.__optional_keys__ == {"timeouts", "retries", "language"}
    for_each_call = shared.CallOptions.__optional_keys__
    assert for_each_call <= kind.set_policies.__annotations__.keys()


class HookError(Exception):
    """An error in a hook."""


@pytest.mark.parametrize("auth", ["t", None], ids=["token", "login"])
def test_an_error_before_sending_leaves_the_job_not_sent(auth: str | None) -> None:
    """If a hook or a function that returns tokens raises, the job is known to be unsent."""

    def broken(*_: object) -> str:
        raise HookError

    async def call_async() -> None:
        options: dict[str, Any] = {"auth": auth or broken, "hooks": hooks}
        await Scripted(then=succeeds()).async_client(**options).set_policies(JOBS, record=second)

    hooks = Hooks(on_request=broken) if auth else Hooks()
    first, second = Outcome(), Outcome()
    with pytest.raises(HookError):
        Scripted(then=succeeds()).client(auth=auth or broken, hooks=hooks).set_policies(
            JOBS, record=first
        )
    with pytest.raises(HookError):
        asyncio.run(call_async())
    assert [job.state for job in (*first, *second)] == [JobState.NOT_SENT] * 2
