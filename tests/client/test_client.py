"""Making a client: where it calls, what it takes along, and what it costs."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import drs_sync_policy
from drs_sync_policy import (
    AsyncSyncPolicyClient,
    ConflictPolicy,
    Connections,
    Hooks,
    OutsideContractError,
    Retries,
    SyncPolicyClient,
    SyncPolicyReq,
    Timeouts,
    UnreachableError,
    WrongUseError,
    errors,
)
from drs_sync_policy.regions import regions
from drs_sync_policy.transport import AsyncTransport, Transport, tls_context
from drs_sync_policy_api.types import SERVERS
from tests.wire import carries_out, free_port, resets, says, sends, wire

JOBS = [SyncPolicyReq(job_id="a", conflict_policy=ConflictPolicy.STOP, ddl_trans=False)]
DONE = {"count": 1, "results": [{"id": "a", "status": "success"}]}


def make(**options: Any) -> SyncPolicyClient:
    return SyncPolicyClient(**{"project_id": "p", "auth": "t", **options})


# --- where it calls -------------------------------------------------------------------------------
def test_a_region_is_one_of_the_contracts_servers() -> None:
    """The regions and their URLs are those of the contract, and of no other list."""
    assert regions() == {
        "eu-de": "https://drs.eu-de.otc.t-systems.com",
        "eu-nl": "https://drs.eu-nl.otc.t-systems.com",
    }
    assert set(regions().values()) <= set(SERVERS)
    with make(region="eu-nl") as drs:
        assert drs.base_url == "https://drs.eu-nl.otc.t-systems.com"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"region": "eu-dee"}, "choose one of 'eu-de', 'eu-nl'; did you mean 'eu-de'"),
        ({}, "give either `region`"),
        ({"region": "eu-de", "base_url": "http://x"}, "give either `region`"),
        ({"base_url": "drs.example"}, "`base_url` is no URL"),
        ({"base_url": "ftp://x"}, "`base_url` is no URL"),
        ({"base_url": "http://user:pass@x"}, "credentials in it"),
        ({"base_url": "http://x/?a=1"}, "query or a fragment"),
        ({"region": "eu-de", "project_id": ".."}, "project_id"),
        ({"region": "eu-de", "project_id": "a/b"}, "project_id"),
        ({"region": "eu-de", "language": "de-de"}, "'en-us', 'zh-cn'"),
        ({"region": "eu-de", "auth": ""}, "`token` is missing or empty"),
        ({"region": "eu-de", "http_client": httpx.Client, "connections": Connections()}, "which"),
    ],
)
def test_what_cannot_be_is_refused_when_the_client_is_made(
    options: dict[str, Any], text: str
) -> None:
    """A wrong region, URL, project, language or token is found before the first call."""
    with pytest.raises(WrongUseError) as caught:
        make(**options)
    assert text in str(caught.value)


def test_a_wrong_region_is_a_problem_with_its_choices() -> None:
    """A program can offer them without reading the text."""
    with pytest.raises(WrongUseError) as caught:
        make(region="eu-dee")
    (problem,) = caught.value.problems
    assert (problem.at, problem.value) == ("region", "eu-dee")
    assert problem.choices == (*regions(),)


def test_a_request_is_what_the_contract_says() -> None:
    """Method, path, headers and body are the contract's, with a user agent and nothing else."""
    with wire(says(200, DONE)) as server:
        with make(base_url=f"{server.url}/", language="zh-cn") as drs:
            drs.set_policies(JOBS)
        (heard,) = server.heard
    assert (heard.method, heard.path) == ("POST", "/v3/p/jobs/batch-sync-policy")
    assert heard.json() == {
        "jobs": [{"job_id": "a", "conflict_policy": "stop", "ddl_trans": False}]
    }
    agent = heard.headers.pop("user-agent") if isinstance(heard.headers, dict) else ""
    assert agent.startswith("drs-sync-policy/")
    assert dict(heard.headers) == {
        "host": server.url.removeprefix("http://"),
        "accept": "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(len(heard.body)),
        "x-language": "zh-cn",
        "x-auth-token": "t",
    }


def test_a_language_may_be_chosen_for_a_call() -> None:
    """`language` of a call wins over that of the client, for that call."""
    with wire(then=says(200, DONE)) as server, make(base_url=server.url) as drs:
        drs.set_policies(JOBS)
        drs.set_policies(JOBS, language="zh-cn")
        drs.set_policies(JOBS)
        spoken = [heard.headers.get("x-language") for heard in server.heard]
    assert spoken == [None, "zh-cn", None]


def test_a_base_url_may_have_a_path() -> None:
    """A server behind a prefix is called below it."""
    with wire(says(200, DONE)) as server, make(base_url=f"{server.url}/drs") as drs:
        drs.set_policies(JOBS)
        assert server.heard[0].path == "/drs/v3/p/jobs/batch-sync-policy"


# --- its connections ------------------------------------------------------------------------------
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


def test_your_own_client_keeps_its_timeouts_unless_others_are_given() -> None:
    """The phases of `http_client` count; `timeouts` replaces them."""
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json=DONE)

    with httpx.Client(transport=httpx.MockTransport(answer), timeout=7.0) as mine:
        for options in ({}, {"timeouts": Timeouts(read=9.0)}):
            make(base_url="http://x", http_client=mine, **options).set_policies(JOBS)
    assert seen == [7.0, 9.0]


@pytest.mark.parametrize("follow", [True, False])
def test_your_own_client_does_not_follow_redirects_with_the_token(follow: bool) -> None:
    """A redirect is an answer outside the contract, whatever the client was told."""
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
    with pytest.raises(WrongUseError, match="it holds none"):
        tls_context(tmp_path / "ca.pem", "https://x")


def test_a_server_that_is_no_tls_server_is_a_connection_error() -> None:
    """Speaking TLS to plain HTTP ends as no connection, and says why."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with make(base_url=url, retries=None) as drs, pytest.raises(UnreachableError) as caught:
            drs.set_policies(JOBS)
        thread.join()
    assert type(caught.value) is errors.ConnectFailedError
    assert "SSL" in str(caught.value)


# --- hooks and logs -------------------------------------------------------------------------------
def test_hooks_see_requests_answers_and_repeats() -> None:
    """Each attempt is shown before and after, each repeat with its reason; credentials never."""
    seen: list[tuple[Any, ...]] = []
    hooks = Hooks(
        request=lambda sent: seen.append(("request", sent)),
        answer=lambda sent, answer, took: seen.append(("answer", answer.status, took >= 0, sent)),
        repeat=lambda sent, reason, wait: seen.append(("repeat", reason, wait <= 0.01)),
    )
    retries = Retries(first_wait=0.01)
    with (
        wire(says(503, b""), says(200, DONE)) as server,
        make(base_url=server.url, auth="the-token", hooks=hooks, retries=retries) as drs,
    ):
        drs.set_policies(JOBS)
    kinds = [entry[0] for entry in seen]
    assert kinds == ["request", "answer", "repeat", "request", "answer"]
    assert seen[1][:3] == ("answer", 503, True)
    assert seen[2] == ("repeat", "status 503", True)
    assert seen[1][3].headers["x-auth-token"] == "***"
    assert "the-token" not in repr(seen)


def test_what_a_hook_raises_ends_the_call() -> None:
    """A hook that fails is not swallowed."""

    def refuse(sent: object) -> None:
        raise LookupError("no")

    with (
        wire(says(200, DONE)) as server,
        make(base_url=server.url, hooks=Hooks(request=refuse)) as drs,
        pytest.raises(LookupError),
    ):
        drs.set_policies(JOBS)


def test_the_log_tells_each_answer_and_each_repeat(caplog: pytest.LogCaptureFixture) -> None:
    """DEBUG has each answer with its request id, INFO each repeat with its reason."""
    caplog.set_level(logging.DEBUG, "drs_sync_policy")
    with (
        wire(resets, says(200, DONE, {"X-Request-Id": "r-1"})) as server,
        make(base_url=server.url, retries=Retries(first_wait=0.01)) as drs,
    ):
        drs.set_policies(JOBS)
    ours = [(r.levelname, r.getMessage()) for r in caplog.records if r.name == "drs_sync_policy"]
    assert [level for level, _ in ours] == ["INFO", "DEBUG"]
    assert "trying again" in ours[0][1]
    assert "-> 200" in ours[1][1]
    assert "request id r-1" in ours[1][1]


def test_an_error_says_what_was_tried_and_how_often() -> None:
    """The text of an error has the request, the reason and the number of attempts."""
    url = f"http://127.0.0.1:{free_port()}"
    retries = Retries(attempts=2, first_wait=0.01)
    with (
        make(base_url=url, retries=retries) as drs,
        pytest.raises(UnreachableError) as caught,
    ):
        drs.set_policies(JOBS)
    assert f"POST {url}/v3/p/jobs/batch-sync-policy" in str(caught.value)
    assert "2 attempts" in str(caught.value)
    assert caught.value.attempts == 2


# --- what it costs --------------------------------------------------------------------------------
def test_importing_the_package_loads_neither_httpx_nor_the_codec() -> None:
    """`import drs_sync_policy` is free until a name of it is used (PEP 562)."""
    code = (
        "import sys, drs_sync_policy; print(sorted({'httpx', 'httpcore', 'msgspec', 'attrs', 'ssl'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    """Each name of `__all__` can be had, is listed by `dir`, and others are errors."""
    for name in drs_sync_policy.__all__:
        assert getattr(drs_sync_policy, name) is not None
        assert name in dir(drs_sync_policy)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        drs_sync_policy.nothing  # noqa: B018


def test_clients_share_one_tls_context() -> None:
    """The second client of a process makes no context of its own, which is what costs."""
    assert tls_context(True, "https://a") is tls_context(True, "https://b")


@pytest.mark.parametrize("jobs", [JOBS[0], "19557d51", b"a", {"job_id": "a"}, None, 3])
def test_what_is_no_list_of_jobs_is_wrong_use(jobs: Any) -> None:
    """One job, or its id, is easily given instead of a list: what is needed is told."""
    with make(region="eu-de") as drs, pytest.raises(WrongUseError) as caught:
        drs.set_policies(jobs)
    assert f"a `{type(jobs).__name__}`: a list of `SyncPolicyReq` is needed" in str(caught.value)


def test_a_project_id_is_described_in_words() -> None:
    """Not by a regular expression."""
    with pytest.raises(WrongUseError) as caught:
        make(region="eu-de", project_id="a b")
    assert "each of its characters must be one of 0-9 A-Z a-z _ -" in str(caught.value)
    assert "^" not in str(caught.value)


def test_a_refused_connection_says_what_to_look_at() -> None:
    """Whether a server runs there, the URL, the network and the proxy."""
    said = r"Does a server run there\? Check the URL"
    url = f"http://127.0.0.1:{free_port()}"
    with make(base_url=url, retries=None) as drs, pytest.raises(UnreachableError, match=said):
        drs.set_policies(JOBS)
