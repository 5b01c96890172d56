"""What is refused, with which status and code, and which of two defects is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from drs_sync_policy.codes import all_codes
from drs_sync_policy.sandbox.seed import FIRST, SECOND

from .conftest import Caller

VALID = json.dumps({"jobs": [{"job_id": FIRST.job_ids[0]}]})


def chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_get_405(first: Caller, method: str) -> None:
    """Every method but POST gets 405 with `Allow`, before credentials are looked at."""
    response = first.send(method=method, X_Auth_Token=None)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert (response.content == b"") == (method == "HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v3",
        "/v3//jobs/batch-sync-policy",
        "/v3/%2e/jobs/batch-sync-policy",
        "/v3/%2E%2E/jobs/batch-sync-policy",
        f"/v3/{FIRST.project_id}%2Fx/jobs/batch-sync-policy",
        f"/v3/{FIRST.project_id}/jobs/batch-sync-policy/",
        f"/v3/{FIRST.project_id}/jobs/Batch-Sync-Policy",
        f"/v2/{FIRST.project_id}/jobs/batch-sync-policy",
        f"/v3/{FIRST.project_id}/jobs",
        "/v3/a%0Ab/jobs/batch-sync-policy%0A",
        "/favicon.ico",
    ],
)
def test_unknown_paths_get_404(first: Caller, path: str) -> None:
    """A path that the contract does not have gets 404, with and without credentials."""
    for token in (FIRST.token, None):
        response = first.send(VALID, path=path, X_Auth_Token=token)
        assert (response.status_code, response.json()["error_code"]) == (404, "APIGW.0101")


def test_an_encoded_letter_is_that_letter(first: Caller) -> None:
    """Percent-encoding an unreserved character changes nothing (RFC 3986, section 6.2.2.2)."""
    response = first.send(VALID, path=first.path.replace("batch-", "b%61tch%2D"))
    assert response.status_code == 200


@pytest.mark.parametrize("token", [None, ""])
def test_missing_credentials_get_401(first: Caller, token: str | None) -> None:
    """No token and an empty one get 401."""
    assert first.send(VALID, X_Auth_Token=token).status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        FIRST.expired_token,
        FIRST.token[:-1],
        FIRST.token + "x",
        FIRST.token.upper(),
        FIRST.token.lower(),
        f'"{FIRST.token}"',
        f"Bearer {FIRST.token}",
        f"{FIRST.token}, {FIRST.token}",
        "\xff\xfe",
        "x" * 20_000,
        "' OR 1=1 --",
    ],
)
def test_wrong_credentials_get_401(first: Caller, token: str) -> None:
    """An expired, cut, extended, otherwise cased or made-up token gets 401."""
    headers = {b"X-Auth-Token": token.encode("latin-1"), b"Content-Type": b"application/json"}
    response = first.http.post(first.path, content=VALID, headers=headers)
    assert (response.status_code, response.json()["error_code"]) == (401, "APIGW.0301")


def test_a_doubled_token_is_no_token(first: Caller) -> None:
    """Two `X-Auth-Token` headers are one value that nobody has."""
    headers = [("X-Auth-Token", FIRST.token)] * 2
    assert first.http.post(first.path, content=VALID, headers=headers).status_code == 401


def test_a_token_is_read_from_its_header_alone(first: Caller) -> None:
    """In the query, a cookie or `Authorization` it counts as missing."""
    response = first.send(
        VALID,
        path=f"{first.path}?X-Auth-Token={FIRST.token}",
        X_Auth_Token=None,
        Cookie=f"X-Auth-Token={FIRST.token}",
        Authorization=f"Bearer {FIRST.token}",
        X_Subject_Token=FIRST.token,
    )
    assert response.status_code == 401


@pytest.mark.parametrize(
    "project", ["a.b", "a b", "a" * 65, "ä", "a%00b", "%ff", "a%0A", "a;b", "~"]
)
def test_a_malformed_project_gets_400(first: Caller, project: str) -> None:
    """A project outside the pattern gets 400, which comes before the 403."""
    response = first.send(VALID, path=f"/v3/{project}/jobs/batch-sync-policy")
    assert (response.status_code, response.json()["error_code"]) == (400, "DRS.M00202")


@pytest.mark.parametrize("project", [SECOND.project_id, "0" * 32, "x", "a" * 64])
def test_another_project_gets_403(first: Caller, project: str) -> None:
    """A project that is not the caller's gets 403, whether it exists or not."""
    response = first.send(VALID, path=f"/v3/{project}/jobs/batch-sync-policy")
    assert (response.status_code, response.json()["error_code"]) == (403, "DRS.M00261")


@pytest.mark.parametrize("language", ["", "en", "EN-US", "zh-CN", "zh-cn, en-us", "de-de", "*"])
def test_an_unknown_language_gets_400(first: Caller, language: str) -> None:
    """Every value but the two listed ones gets 400, the empty one too."""
    response = first.send(VALID, X_Language=language)
    assert (response.status_code, response.json()["error_code"]) == (400, "DRS.M00202")
    assert "X-Language" in response.json()["error_msg"]


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "",
        "text/plain",
        "application/jsonx",
        "application/json+x",
        "application/vnd.api+json",
        "text/json",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json; charset=",
        "application/json, application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
def test_another_media_type_gets_415(first: Caller, media_type: str | None) -> None:
    """Whatever is not `application/json` in UTF-8 gets 415."""
    response = first.send(VALID, Content_Type=media_type)
    assert (response.status_code, response.json()["error_code"]) == (415, "DRS.M00007")


def test_a_compressed_body_gets_415(first: Caller) -> None:
    """A content coding is not undone (RFC 9110, section 15.5.16)."""
    assert first.send(VALID, Content_Encoding="gzip").status_code == 415


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/json ; Charset=Utf-8; x=y",
        "application/json;",
    ],
)
def test_json_in_any_spelling_is_accepted(first: Caller, media_type: str) -> None:
    """Media types and charsets are compared without regard to case (RFC 9110, section 8.3.1)."""
    assert first.send(VALID, Content_Type=media_type).status_code == 200


def _invalid_items() -> Iterator[tuple[Any, str, str]]:
    value: Any
    yield {}, "DRS.M00201", "job_id"
    yield {"job_id": ""}, "DRS.M00201", "job_id"
    for value in (None, 1, True, [], {}, ["x"]):
        yield {"job_id": value}, "DRS.M00202", "job_id"
    for value in (None, "", "IGNORE", "Ignore", "ignore ", "skip", 1, True, [], ["ignore"]):
        yield {"job_id": "x", "conflict_policy": value}, "DRS.M00202", "conflict_policy"
    for value in (None, "", "drop_table", "DROP_DATABASE", 0, False):
        yield {"job_id": "x", "filter_ddl_policy": value}, "DRS.M00202", "filter_ddl_policy"
    for name in ("ddl_trans", "index_trans"):
        for value in (None, "true", "", 0, 1, 1.0, [], {}):
            yield {"job_id": "x", name: value}, "DRS.M00202", name
    for value in (None, 1, True, [], {}):
        yield {"job_id": "x", "slot_name": value}, "DRS.M00202", "slot_name"


@pytest.mark.parametrize(("item", "code", "named"), list(_invalid_items()))
@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_invalid_item_gets_400_wherever_it_is(
    first: Caller, item: dict[str, Any], code: str, named: str, position: int
) -> None:
    """One invalid item refuses the batch, and the message names it and its field."""
    items: list[Any] = [{"job_id": "a"}, {"job_id": "b"}]
    items.insert(position, item)
    response = first.set(*items)
    assert (response.status_code, response.json()["error_code"]) == (400, code)
    assert f"jobs[{position}].{named}" in response.json()["error_msg"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        0,
        "x",
        True,
        {"jobs": None},
        {"jobs": []},
        {"jobs": {}},
        {"jobs": "x"},
        {"Jobs": [{"job_id": "x"}]},
        {"jobs": [None]},
        {"jobs": ["x"]},
        {"jobs": [[]]},
    ],
)
def test_another_document_gets_400(first: Caller, document: Any) -> None:
    """A body that is JSON and no batch gets 400."""
    assert first.send(json.dumps(document)).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"\xef\xbb\xbf" + VALID.encode(), b'{"jobs":[NaN]}'])
def test_what_is_not_i_json_gets_400(first: Caller, body: bytes) -> None:
    """A body that is no I-JSON gets 400."""
    assert first.send(body).status_code == 400


def test_the_first_defect_in_the_order_is_told(first: Caller) -> None:
    """Mending a request's defects one by one walks through the order of precedence."""
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
    for status, defects in steps:
        content = huge if status == 413 else b"{"
        assert first.send(content, **defects).status_code == status
    assert first.send(b"{").status_code == 400


def test_every_error_is_in_both_languages(first: Caller) -> None:
    """`zh-cn` gets Chinese and the same status and code, everything else English."""
    requests: list[dict[str, Any]] = [
        {"path": "/nowhere"},
        {"method": "GET"},
        {"X_Auth_Token": None},
        {"path": "/v3/a.b/jobs/batch-sync-policy"},
        {"path": f"/v3/{SECOND.project_id}/jobs/batch-sync-policy"},
        {"Content_Type": "text/plain"},
        {"content": b" " * (12 * 1024 * 1024 + 1)},
        {"content": b"{"},
        {"content": b"{}"},
        {"content": b'{"jobs": 1}'},
    ]
    for request in requests:
        plain, english, translated = (
            first.send(**request, X_Language=language) for language in (None, "en-us", "zh-cn")
        )
        assert plain.status_code == english.status_code == translated.status_code
        bodies = [response.json() for response in (plain, english, translated)]
        assert len({body["error_code"] for body in bodies}) == 1
        assert bodies[0]["error_msg"] == bodies[1]["error_msg"] != bodies[2]["error_msg"]
        assert [chinese(body["error_msg"]) for body in bodies] == [False, False, True]


def test_every_code_is_one_of_the_vendor(first: Caller) -> None:
    """No error has a code that the vendor's tables do not have."""
    known = {row.code for row in all_codes()}
    responses = [
        first.send(**request)
        for request in ({"path": "/x"}, {"method": "GET"}, {"content": b"{"}, {"content": b"{}"})
    ]
    assert {response.json()["error_code"] for response in responses} <= known


def test_the_gateway_adds_the_id_of_the_request(first: Caller) -> None:
    """What the gateway refuses names the request in its body, too."""
    response = first.send(VALID, X_Auth_Token="x")
    assert response.json()["request_id"] == response.headers["X-Request-Id"]
    assert "request_id" not in first.send(b"{}").json()
