"""The console's routes; how the page behaves is for tests/system/browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from drs_sync_policy import contract
from drs_sync_policy.sandbox import console
from drs_sync_policy.sandbox.app import Sandbox
from drs_sync_policy.sandbox.seed import TENANTS
from tests.html import Reader

from .conftest import Caller

PARTS = "/_sandbox/console"


@pytest.fixture
def http(serve: Callable[..., Caller]) -> httpx.Client:
    return serve().http


def test_the_page_loads_only_what_its_own_server_has(http: httpx.Client) -> None:
    """Its policy forbids every other place, and scripts and styles inside the page."""
    response = http.get(console.PATH)
    assert (response.status_code, response.headers["Content-Type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert [part for part in policy if "://" in part or "*" in part or "unsafe" in part] == []
    fetched = [url for url in Reader(response.text).fetched if not url.startswith("data:")]
    assert {url.rpartition(".")[2] for url in fetched} == {"css", "js"}
    for url in fetched:
        assert http.get(f"/{url}").status_code == 200


def _described(edition: str, serve: Callable[..., Caller], **options: Any) -> Any:
    caller = serve(contract=contract.load(edition), **options)
    return caller.http.get(f"{PARTS}/contract.json").json()


@pytest.mark.parametrize("edition", contract.editions())
def test_the_form_has_each_field_of_the_served_edition(
    edition: str, serve: Callable[..., Caller]
) -> None:
    """References are resolved, so that the page needs no JSON Schema library."""
    loaded = contract.load(edition)
    document = _described(edition, serve)
    shown = next(entry for entry in document["operations"] if entry["in_client"])
    schemas = loaded.document["components"]["schemas"]
    item = shown["body"]["properties"]["jobs"]["items"]
    assert item["properties"].keys() == schemas["SyncPolicyReq"]["properties"].keys()
    assert item["properties"]["conflict_policy"]["enum"] == schemas["ConflictPolicy"]["enum"]
    assert [entry["id"] for entry in document["operations"]] == [o.id for o in loaded.operations]
    assert "$ref" not in str(shown["body"])


def test_each_condition_is_offered_with_its_effect(first: Caller) -> None:
    """All but the seed, which is for tests."""
    conditions = first.http.get("/_sandbox/conditions").json()
    effects = first.http.get(f"{PARTS}/contract.json").json()["conditions"]
    assert effects.keys() == conditions.keys() - {"seed"}


def test_the_tenants_of_the_sandbox_are_offered(serve: Callable[..., Caller]) -> None:
    """With their tokens, so that a request is accepted at once; without a seed there are none."""
    offered = _described("base", serve)["tenants"]
    assert [entry["token"] for entry in offered] == [tenant.token for tenant in TENANTS]
    assert _described("base", serve, seed=False)["tenants"] == []


def test_other_paths_and_methods_are_rejected(http: httpx.Client) -> None:
    """A part that does not exist gets 404, and nothing can be written to the console."""
    for path in ("/nowhere.js", "/static", "/..%2Fapp.py", "/"):
        assert http.get(f"{PARTS}{path}").status_code == 404
    assert http.post(console.PATH).status_code == 404
    assert http.post(f"{PARTS}/console.js").status_code == 404
    head = http.head(console.PATH)
    assert (head.status_code, head.content) == (200, b"")


def test_without_control_routes_there_is_no_console(serve: Callable[..., Caller]) -> None:
    """`control=False` leaves neither the page nor its parts."""
    without = serve(control=False).http
    assert [without.get(path).status_code for path in (console.PATH, f"{PARTS}/console.js")] == [
        404,
        404,
    ]


def test_a_port_without_the_api_says_why_there_is_no_console() -> None:
    """Its requests would go to a port that does not serve them."""

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=sandbox.app(control_port=8081))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8081") as http:
            return await http.get(console.PATH)

    sandbox = Sandbox()
    response = asyncio.run(request())
    sandbox.close()
    assert response.status_code == 404
    assert "control port" in response.json()["error"]
