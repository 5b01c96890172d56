"""The console's routes; how the page behaves is for tests/system/browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from drs_sync_policy import contract
from drs_sync_policy.sandbox import console
from drs_sync_policy.sandbox.app import Sandbox
from drs_sync_policy.sandbox.http.request import from_asgi
from drs_sync_policy.sandbox.seed import FIRST
from tests.html import Reader
from tools import console as tool

from .conftest import Caller


@pytest.fixture
def http(serve: Callable[..., Caller]) -> httpx.Client:
    return serve().http


def test_the_page_may_ask_its_own_server_only(http: httpx.Client) -> None:
    """Everything that it loads is next to it, and its policy forbids every other place."""
    response = http.get(console.PATH)
    assert (response.status_code, response.headers["Content-Type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'self'" in policy
    assert [part for part in policy if "://" in part or "*" in part or "unsafe-eval" in part] == []
    fetched = [url for url in Reader(response.text).fetched if not url.startswith("data:")]
    assert len(fetched) == 3
    for url in fetched:
        part = http.get(f"/_sandbox/{url}")
        assert part.status_code == 200
        assert part.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("edition", contract.editions())
def test_it_shows_the_edition_that_is_served(edition: str, serve: Callable[..., Caller]) -> None:
    """The page's document is the contract that validates the requests."""
    loaded = contract.load(edition)
    response = serve(contract=loaded).http.get(f"{console.PATH}/openapi.json")
    assert response.json() == loaded.document


def test_the_first_tenants_token_is_filled_in(serve: Callable[..., Caller]) -> None:
    """Where somebody is known, requests are let in at once; else the field is empty."""
    assert f'value: "{FIRST.token}"' in serve().http.get(f"{console.PATH}/start.js").text
    assert 'value: ""' in serve(seed=False).http.get(f"{console.PATH}/start.js").text


def test_other_paths_and_methods_are_refused(http: httpx.Client) -> None:
    """A part that is not there is a 404, and nothing can be put into the console."""
    for path in ("/nowhere.js", "/static", "/..%2Fapp.py", "/"):
        assert http.get(f"{console.PATH}{path}").status_code == 404
    refused = http.post(console.PATH)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    head = http.head(console.PATH)
    assert (head.status_code, head.content) == (200, b"")


def test_it_is_gone_with_the_control_routes(serve: Callable[..., Caller]) -> None:
    """`control=False` leaves nothing of it."""
    assert serve(control=False).http.get(console.PATH).status_code == 404


def test_a_port_without_the_api_says_why_there_is_no_console() -> None:
    """Its requests would go to a port that does not take them."""

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=sandbox.app(control_port=8081))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox:8081") as client:
            return await client.get(console.PATH)

    sandbox = Sandbox()
    response = asyncio.run(request())
    sandbox.close()
    assert response.status_code == 404
    assert "control port" in response.json()["error"]


def test_an_archive_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    """Whatever a registry hands out, only the archive of the known hash gets into a package."""
    with pytest.raises(SystemExit, match="is not what is pinned: sha512-"):
        tool.program(b"something else", tmp_path)


def test_without_its_program_it_says_what_brings_it(tmp_path: Path) -> None:
    """A checkout before `make setup`, or a package that was built there, has a page and no more."""
    (tmp_path / "console.html").write_text("<!doctype html>", encoding="utf-8")
    scope = {"method": "GET", "raw_path": console.PATH.encode(), "headers": []}
    request = from_asgi(scope, Request(scope | {"type": "http"}).receive, max_body_bytes=0)
    response = console.Console(contract.load(), static=tmp_path).respond(request, service=True)
    assert response.status == 404
    assert b"`make setup`" in response.body
