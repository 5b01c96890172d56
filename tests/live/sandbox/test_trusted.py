"""Control routes and the console accept no request that a foreign web page can cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from drs_sync_policy.sandbox.seed import FIRST

from .conftest import Caller

JSON = {"Content-Type": "application/json"}
CONDITIONS = "/_sandbox/conditions"
TOKENS = "/_sandbox/console/contract.json"


def headers(caller: Caller, **given: str) -> dict[str, str]:
    """These headers; `{here}` in a value is the host and port of the sandbox."""
    here = caller.http.base_url.netloc.decode()
    return {name.replace("_", "-"): value.format(here=here) for name, value in given.items()}


@pytest.mark.parametrize("path", [CONDITIONS, TOKENS, "/"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Host": "attacker.example"}, 403),
        ({"Host": "attacker.example:80"}, 403),
        ({"Host": "127.0.0.1.attacker.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "no-cors"}, 403),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "LOCALHOST"}, 200),
        ({"Host": "[::1]:8080"}, 200),
        ({"Origin": "http://{here}", "Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": "https://{here}", "Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": "https://{here}"}, 403),
        ({"Origin": "https://{here}", "Sec_Fetch_Site": "none"}, 403),
        ({"Origin": "ftp://{here}", "Sec_Fetch_Site": "same-origin"}, 403),
        ({"Origin": "http://{here}"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
    ],
)
def test_only_this_machine_and_its_own_pages_are_trusted(
    first: Caller, path: str, given: Mapping[str, str], expected: int
) -> None:
    """Another name (DNS rebinding), origin or site gets 403, and sees neither state nor tokens."""
    response = first.http.get(path, headers=headers(first, **given))
    assert response.status_code == expected
    if expected == 403:
        assert set(response.json()) == {"error"}


def test_a_link_opens_the_console(first: Caller) -> None:
    """A page may lead to the console, but not show it or load from it."""
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    for destination, expected in (("document", 200), ("iframe", 403)):
        given = {**linked, "Sec-Fetch-Dest": destination}
        assert first.http.get("/", headers=given).status_code == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/plain; application/json"}, 415),
        ({}, 415),
        ({**JSON, "Origin": "https://attacker.example"}, 403),
        ({**JSON, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        (JSON, 200),
        ({"Content-Type": "Application/JSON; charset=utf-8"}, 200),
    ],
)
def test_changes_are_json(first: Caller, given: Mapping[str, str], expected: int) -> None:
    """A form or a script of another site cannot send JSON without asking first."""
    response = first.http.put(CONDITIONS, content=b"{}", headers=given)
    assert response.status_code == expected


def test_a_foreign_page_cannot_reset_the_sandbox(serve: Callable[..., Caller]) -> None:
    """The request of a page on another site erases nothing."""
    caller = serve()
    caller.set({"job_id": FIRST.job_ids[0], "ddl_trans": True})
    for given in ({"Origin": "https://attacker.example"}, {"Content-Type": "text/plain"}):
        assert caller.http.post("/_sandbox/reset", headers=given).status_code in (403, 415)
    assert caller.stored(FIRST.job_ids[0]) == {"ddl_trans": True}
    assert caller.http.post("/_sandbox/reset").status_code == 204


def test_more_names_can_be_allowed(serve: Callable[..., Caller]) -> None:
    """Such as the name of a container."""
    http = serve(allow_hosts=["Sandbox.test", "2001:db8::1"]).http
    for host in ("sandbox.test:8080", "[2001:db8::1]"):
        assert http.get(CONDITIONS, headers={"Host": host}).status_code == 200
    error = http.get(CONDITIONS, headers={"Host": "other.test"}).json()["error"]
    assert "`sandbox.test`" in error
    assert "--allow-host" in error


def test_the_api_is_for_every_host(first: Caller) -> None:
    """Names of a company and load balancers reach the API; browsers have no token."""
    given = {"Host": "drs.example.com", "Origin": "https://example.com"}
    response = first.set({"job_id": "x"}, **given)
    assert response.status_code == 200
