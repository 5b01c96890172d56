"""Which status and code a rejected request gets, and which of several problems is reported.

That invalid requests of every kind are rejected is checked by the fuzzer.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from drs_sync_policy.codes import all_codes
from drs_sync_policy.sandbox.seed import FIRST, SECOND

from .conftest import Caller

VALID = json.dumps({"jobs": [{"job_id": FIRST.job_ids[0]}]})


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "/v3",
        "/v3//jobs/batch-sync-policy",
        "/v3/%2e/jobs/batch-sync-policy",
        "/v3/%2E%2E/jobs/batch-sync-policy",
        f"/v3/{FIRST.project_id}%2Fx/jobs/batch-sync-policy",
        f"/v3/{FIRST.project_id}/jobs/batch-sync-policy/",
        f"/v3/{FIRST.project_id}/jobs/Batch-Sync-Policy",
        f"/v2/{FIRST.project_id}/jobs/batch-sync-policy",
        f"/v3/{FIRST.project_id}/jobs/",
        "/v3/a%0Ab/jobs/batch-sync-policy%0A",
        "/favicon.ico",
    ],
)
def test_unknown_paths_get_404(first: Caller, path: str) -> None:
    """A path that is not in the contract gets 404, with and without credentials."""
    for token in (FIRST.token, None):
        response = first.send(VALID, path=path, X_Auth_Token=token)
        assert (response.status_code, response.json()["error_code"]) == (404, "APIGW.0101")


def test_an_encoded_letter_is_that_letter(first: Caller) -> None:
    """Percent-encoding an unreserved character changes nothing (RFC 3986, section 6.2.2.2)."""
    response = first.send(VALID, path=first.path.replace("batch-", "b%61tch%2D"))
    assert response.status_code == 200


def test_a_token_that_is_given_twice_gets_401(first: Caller) -> None:
    """Even the right one: which of two headers counts is nobody's guess."""
    token = (b"X-Auth-Token", FIRST.token.encode())
    headers = [token, token, (b"Content-Type", b"application/json")]
    response = first.http.post(first.path, content=VALID, headers=headers)
    assert (response.status_code, response.json()["error_code"]) == (401, "APIGW.0301")


MALFORMED = "/v3/a.b/jobs/batch-sync-policy"
FOREIGN = f"/v3/{SECOND.project_id}/jobs/batch-sync-policy"


@pytest.mark.parametrize(
    ("status", "code", "change"),
    [
        (405, "APIGW.0101", {"method": "OPTIONS", "X_Auth_Token": None}),
        (401, "APIGW.0301", {"X_Auth_Token": None}),
        (401, "APIGW.0301", {"X_Auth_Token": FIRST.expired_token}),
        (401, "APIGW.0301", {"X_Auth_Token": "x" * 20_000}),
        (400, "DRS.M00202", {"path": MALFORMED}),
        (403, "DRS.M00261", {"path": FOREIGN}),
        (403, "DRS.M00261", {"path": FOREIGN.replace(SECOND.project_id, "a" * 64)}),
        (400, "DRS.M00202", {"X_Language": "zh-CN"}),
        (415, "DRS.M00007", {"Content_Type": None}),
        (415, "DRS.M00007", {"Content_Type": "application/json; charset=utf-16"}),
        (415, "DRS.M00007", {"Content_Encoding": "gzip"}),
        (400, "DRS.M00300", {"content": b"{"}),
    ],
)
def test_a_problem_has_its_code(
    first: Caller, status: int, code: str, change: dict[str, Any]
) -> None:
    """Each reason for a rejection has one status and one code, which the vendor's tables have."""
    response = first.send(**{"content": VALID, **change})
    assert (response.status_code, response.json()["error_code"]) == (status, code)
    assert code in {row.code for row in all_codes()}


@pytest.mark.parametrize(
    ("item", "code", "named"),
    [
        ({}, "DRS.M00201", "job_id"),
        ({"job_id": ""}, "DRS.M00201", "job_id"),
        ({"job_id": None}, "DRS.M00202", "job_id"),
        ({"job_id": "x", "conflict_policy": ["ignore"]}, "DRS.M00202", "conflict_policy"),
        ({"job_id": "x", "ddl_trans": 1.0}, "DRS.M00202", "ddl_trans"),
    ],
)
def test_an_invalid_item_is_named(
    first: Caller, item: dict[str, Any], code: str, named: str
) -> None:
    """The error names the place of the first invalid value."""
    response = first.set({"job_id": "a"}, item, {"job_id": "b"})
    assert (response.status_code, response.json()["error_code"]) == (400, code)
    assert f"jobs[1].{named}" in response.json()["error_msg"]


def test_the_first_problem_in_the_order_is_reported(first: Caller) -> None:
    """Fixing the problems of a request one by one walks through the order of precedence."""
    foreign = f"/v3/{SECOND.project_id}/jobs/batch-sync-policy"
    huge = b" " * (12 * 1024 * 1024 + 1)
    bad: dict[str, str] = {"Content_Type": "text/plain", "X_Language": "x", "X_Auth_Token": "x"}
    steps = [
        (404, {"method": "GET", "path": "/nowhere", **bad}),
        (405, {"method": "GET", "path": "/v3/a.b/jobs/batch-sync-policy", **bad}),
        (401, {"path": "/v3/a.b/jobs/batch-sync-policy", **bad}),
        (400, {"path": "/v3/a.b/jobs/batch-sync-policy", **bad, "X_Auth_Token": FIRST.token}),
        (403, {"path": foreign, **bad, "X_Auth_Token": FIRST.token}),
        (400, {"X_Language": "x", "Content_Type": "text/plain"}),
        (415, {"Content_Type": "text/plain"}),
        (413, {}),
    ]
    for status, problems in steps:
        content = huge if status == 413 else b"{"
        assert first.send(content, **problems).status_code == status
    assert first.send(b"{").status_code == 400


def test_the_gateway_adds_the_id_of_the_request(first: Caller) -> None:
    """A rejection by the gateway has the request id in its body, too."""
    response = first.send(VALID, X_Auth_Token="x")
    assert response.json()["request_id"] == response.headers["X-Request-Id"]
    assert "request_id" not in first.send(b"{}").json()
