"""The token route, outside the contract."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from drs_sync_policy.sandbox.seed import FIRST, SECOND

from .conftest import Caller


def login(**changes: Any) -> dict[str, Any]:
    """The body of a password login as the first tenant."""
    user = {"name": FIRST.user, "password": FIRST.password, "domain": {"name": FIRST.domain}}
    scope = changes.pop("scope", {"project": {"name": FIRST.project}})
    identity = {"methods": ["password"], "password": {"user": {**user, **changes}}}
    return {"auth": {"identity": identity, "scope": scope}}


def test_a_login_gives_a_token_that_works(first: Caller) -> None:
    """The token comes in `X-Subject-Token`, holds for a day, and opens the user's project."""
    response = first.http.post("/v3/auth/tokens", json=login())
    assert response.status_code == 201
    expires = datetime.fromisoformat(response.json()["token"]["expires_at"]).timestamp()
    assert 86_000 < expires - time.time() < 86_500
    token = response.headers["X-Subject-Token"]
    assert token not in response.text
    assert first.set({"job_id": FIRST.job_ids[0]}, X_Auth_Token=token).status_code == 200
    foreign = first.send(
        b"", path=f"/v3/{SECOND.project_id}/jobs/batch-sync-policy", X_Auth_Token=token
    )
    assert foreign.status_code == 403


def test_every_login_gives_another_token(first: Caller) -> None:
    """Two tokens of one user are different, and both hold."""
    tokens = [
        first.http.post("/v3/auth/tokens", json=login()).headers["X-Subject-Token"]
        for _ in range(2)
    ]
    assert len(set(tokens)) == 2
    for token in tokens:
        assert first.set({"job_id": "x"}, X_Auth_Token=token).status_code == 200


@pytest.mark.parametrize(
    "scope", [{"project": {"id": FIRST.project_id}}, {"domain": {"name": "sandbox"}}, {}, None]
)
def test_other_scopes_are_taken(first: Caller, scope: Any) -> None:
    """A project by id, an account, and no scope at all give a token of the user's project."""
    assert first.http.post("/v3/auth/tokens", json=login(scope=scope)).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "wrong"},
        {"password": ""},
        {"password": FIRST.password + "\0"},
        {"name": "nobody"},
        {"name": "one\0"},
        {"name": SECOND.user},
        {"domain": {"name": "elsewhere"}},
        {"scope": {"project": {"id": SECOND.project_id}}},
        {"scope": {"project": {"name": SECOND.project}}},
    ],
)
def test_a_wrong_login_gets_401(first: Caller, changes: dict[str, Any]) -> None:
    """A wrong name, password, domain or project gets IAM's error body and no token."""
    response = first.http.post("/v3/auth/tokens", json=login(**changes))
    assert response.status_code == 401
    assert response.json()["error"]["code"] == 401
    assert "X-Subject-Token" not in response.headers


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"auth": 1}', b'{"auth": {"identity": []}}'])
def test_a_malformed_login_gets_400(first: Caller, body: bytes) -> None:
    """A body that is not a login gets 400."""
    response = first.http.post("/v3/auth/tokens", content=body)
    assert (response.status_code, response.json()["error"]["title"]) == (400, "Bad Request")


def test_other_methods_get_405(first: Caller) -> None:
    """The route has POST and no other method."""
    response = first.send(method="GET", path="/v3/auth/tokens")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_a_token_does_not_outlive_a_reset(serve: Callable[..., Caller]) -> None:
    """A reset forgets the tokens that were issued."""
    caller = serve()
    token = caller.http.post("/v3/auth/tokens", json=login()).headers["X-Subject-Token"]
    caller.http.post("/_sandbox/reset")
    assert caller.set({"job_id": "x"}, X_Auth_Token=token).status_code == 401
