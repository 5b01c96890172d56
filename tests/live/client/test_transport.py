"""The connections of a client: its own, yours, through a proxy, and with certificates."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    Connections,
    JobState,
    Outcome,
    OutsideContractError,
    Timeouts,
    UnreachableError,
    WrongUseError,
)
from drs_sync_policy.client.network.async_transport import AsyncTransport
from drs_sync_policy.client.network.options import tls_context
from drs_sync_policy.client.network.sync_transport import Transport
from drs_sync_policy.runtime import errors
from tests.live.client.calls import DONE, JOBS, call, call_async, make
from tests.live.client.errors.calls import states
from tests.wire import carries_out, free_port, hangs, says, sends, wire


def test_connections_are_kept() -> None:
    """Calls one after the other share a connection, and a dead one is replaced."""
    with wire(then=lambda c: carries_out(server, c)) as server, make(base_url=server.url) as drs:
        for _ in range(5):
            drs.set_policies(JOBS)
        assert len(server.connections) == 1


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    """A server that closes idle connections costs a new one and no error."""
    body = b'{"count":1,"results":[{"id":"a","status":"success"}]}'
    closing = sends(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    with wire(then=closing) as server, make(base_url=server.url) as drs:
        for _ in range(3):
            assert drs.set_policies(JOBS).ok


def test_your_own_client_is_used_and_stays_open() -> None:
    """`http_client` keeps its headers, cookies, hooks and timeouts, and is not closed."""
    seen: list[str] = []
    with (
        wire(then=says(200, DONE)) as server,
        httpx.Client(
            headers={"X-Mine": "1"},
            cookies={"c": "2"},
            event_hooks={"request": [lambda request: seen.append(str(request.url))]},
        ) as mine,
    ):
        with make(base_url=server.url, http_client=mine) as drs:
            assert drs.set_policies(JOBS).ok
        assert not mine.is_closed
        (heard,) = server.heard
    assert heard.headers["x-mine"] == "1"
    assert heard.headers["cookie"] == "c=2"
    assert heard.headers["x-auth-token"] == "t"
    assert heard.headers["user-agent"].startswith("drs-sync-policy/")
    assert len(seen) == 1


def test_a_call_may_have_its_own_timeouts() -> None:
    """`timeouts` of a call win over those of the client, and leave them alone."""
    short = Timeouts(read=0.2)
    with (
        wire(hangs, hangs, says(200, DONE), hangs) as server,
        make(base_url=server.url, retries=None) as drs,
    ):
        for call in (lambda: drs.set_policies(JOBS, timeouts=short),
                     lambda: drs.set_policy(JOBS[0], timeouts=short)):  # fmt: skip
            with pytest.raises(errors.TimedOutError):
                call()
        assert drs.set_policies(JOBS).ok
        with pytest.raises(errors.TimedOutError):
            drs.with_options(timeouts=short).set_policies(JOBS)


def test_your_own_client_keeps_its_timeouts_unless_others_are_given() -> None:
    """The phases of `http_client` count; `timeouts` replaces them."""
    seen: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json=DONE)

    with httpx.Client(transport=httpx.MockTransport(respond), timeout=7.0) as mine:
        for options in ({}, {"timeouts": Timeouts(read=9.0)}):
            make(base_url="http://x", http_client=mine, **options).set_policies(JOBS)
    assert seen == [7.0, 9.0]


@pytest.mark.parametrize("follow", [True, False])
def test_your_own_client_does_not_follow_redirects_with_the_token(follow: bool) -> None:
    """A redirect is a response outside the contract, whatever the settings of the client."""
    with (
        wire(says(302, b"", {"Location": "http://127.0.0.1:9/"})) as server,
        httpx.Client(follow_redirects=follow) as mine,
        pytest.raises(OutsideContractError),
    ):
        make(base_url=server.url, http_client=mine).set_policies(JOBS)


def test_your_own_async_client_is_used() -> None:
    """The async client takes an `httpx.AsyncClient`, and leaves it open."""

    async def call(url: str) -> bool:
        async with httpx.AsyncClient(headers={"X-Mine": "1"}) as mine:
            async with AsyncSyncPolicyClient(
                base_url=url, project_id="p", auth="t", http_client=mine
            ) as drs:
                await drs.set_policy(JOBS[0])
            return mine.is_closed

    with wire(says(200, DONE)) as server:
        assert asyncio.run(call(server.url)) is False
        assert server.heard[0].headers["x-mine"] == "1"


# --- transports and proxies -----------------------------------------------------------------------
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_transport_serves_an_httpx_client_of_your_own(backend: str) -> None:
    """The transports are httpx transports like any other."""
    if backend == "trio":
        pytest.importorskip("trio")

    async def call(url: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=AsyncTransport(url)) as mine:
            return await mine.get(url)

    import anyio

    with wire(then=says(200, DONE)) as server:
        with httpx.Client(transport=Transport(server.url)) as mine:
            assert mine.get(server.url).json() == DONE
        assert anyio.run(call, server.url, backend=backend).json() == DONE


def test_a_proxy_carries_the_request() -> None:
    """Over a proxy the whole URL is asked of it; its credentials are in no repr."""
    with wire(says(200, DONE)) as proxy:
        address = proxy.url.replace("http://", "http://user:secret@")
        connections = Connections(proxy=address)
        with make(base_url="http://drs.invalid", connections=connections) as drs:
            drs.set_policies(JOBS)
        (heard,) = proxy.heard
    assert heard.path == "http://drs.invalid/v3/p/jobs/batch-sync-policy"
    assert heard.headers["proxy-authorization"].startswith("Basic ")
    assert "secret" not in repr(connections)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("makes", [call, call_async], ids=["sync", "async"])
def test_a_proxy_that_fails_is_named(makes: Callable[..., Outcome], scheme: str) -> None:
    """By its URL without credentials, whether it is away or does not let the request pass."""
    away = f"http://user:secret@127.0.0.1:{free_port()}"
    with wire(then=says(407)) as rejecting:
        addresses = [away, rejecting.url] if scheme == "https" else [away]
        for address in addresses:
            options = {"base_url": f"{scheme}://drs.invalid", "retries": None}
            with pytest.raises(errors.ConnectFailedError) as caught:
                makes(connections=Connections(proxy=address), **options)
            assert f"through the proxy {address.replace('user:secret@', '')}" in str(caught.value)
            assert "secret" not in str(caught.value)


def test_a_timeout_of_connecting_names_the_proxy() -> None:
    """The cause is a proxy that does not respond to TLS."""
    with (
        wire(hangs) as proxy,
        make(
            base_url="http://drs.invalid",
            connections=Connections(proxy=proxy.url.replace("http:", "https:")),
            timeouts=Timeouts(connect=0.3),
            retries=None,
        ) as drs,
        pytest.raises(
            errors.TimedOutError, match=f"through the proxy https://127.0.0.1:{proxy.port}"
        ),
    ):
        drs.set_policies(JOBS)


def test_a_name_that_is_not_resolved_in_time_ends_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The operating system may take minutes; `connect` and the deadline include it."""
    released = threading.Event()

    def stuck(*_: Any, **__: Any) -> Any:
        released.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    for timeouts, phase in ((Timeouts(connect=0.2), "connect"), (Timeouts(total=0.2), "total")):
        with (
            make(base_url="http://drs.invalid", timeouts=timeouts, retries=None) as drs,
            pytest.raises(errors.TimedOutError, match="the host name was not resolved") as caught,
        ):
            drs.set_policies(JOBS)
        assert caught.value.phase == phase
        assert states(caught.value) == {JobState.NOT_SENT}
    released.set()


def test_each_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose first address has no server is reached at its next one."""
    with wire(says(200, DONE)) as server:
        both = [(2, 1, 6, "", (address, server.port)) for address in ("127.0.0.2", "127.0.0.1")]
        resolved = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo",
            lambda host, *rest, **named: both if host == "drs.invalid" else resolved(
                host, *rest, **named),
        )  # fmt: skip
        with make(base_url=f"http://drs.invalid:{server.port}", retries=None) as drs:
            assert drs.set_policies(JOBS).ok


def test_a_name_that_does_not_exist_is_a_connection_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the words of the operating system."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        make(base_url="http://drs.invalid", retries=None) as drs,
        pytest.raises(errors.ConnectFailedError, match="Name or service not known"),
    ):
        drs.set_policies(JOBS)


def test_a_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`HTTP_PROXY` counts, `NO_PROXY` takes precedence, and both can be switched off."""
    for name in ("http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert Connections().proxy_for("http://drs.example") == "http://proxy:3128"
    assert Connections().proxy_for("http://inside.example") is None
    assert Connections().proxy_for("https://drs.example") is None
    assert Connections(trust_env=False).proxy_for("http://drs.example") is None
    assert Connections(proxy="http://p").proxy_for("http://inside.example") == "http://p"


def test_certificates_may_be_your_own(tmp_path: Path) -> None:
    """`verify` is the usual authorities, a file, a context, or nothing; http needs none of them."""
    own = ssl.create_default_context()
    assert tls_context(own, "https://x") is own
    assert tls_context(True, "https://x") is tls_context(True, "https://y")
    assert tls_context(False, "https://x").verify_mode is ssl.CERT_NONE
    assert tls_context(True, "http://x").verify_mode is ssl.CERT_REQUIRED
    assert not tls_context(True, "http://x").get_ca_certs()
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(WrongUseError, match="it has no certificate"):
        tls_context(tmp_path / "ca.pem", "https://x")


def test_a_server_without_tls_is_a_connection_error() -> None:
    """TLS to a plain HTTP server is a connection error that gives the reason."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def respond() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=respond)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with make(base_url=url, retries=None) as drs, pytest.raises(UnreachableError) as caught:
            drs.set_policies(JOBS)
        thread.join()
    assert type(caught.value) is errors.ConnectFailedError
    assert "SSL" in str(caught.value)
