"""What the contract allows as the response to a request, read from its bytes."""

from __future__ import annotations

import pytest
from attrs import evolve

from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.target.http import Request

GOOD = b'{"jobs": [{"job_id": "x"}]}'
DEEP = b'{"jobs": [{"job_id": "x"}], "n": ' + b"[" * 3000 + b"]" * 3000 + b"}"
"""Deeper than we can read ourselves."""


def _statuses(prober: Prober, request: Request) -> set[int] | None:
    statuses = prober.oracle.expect(request).statuses
    return None if statuses is None else set(statuses)


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (GOOD, {200}),
        (GOOD + b" \n", {200}),
        (b'{"jobs": [{"job_id": "x", "more": null}], "more": {}}', {200}),
        (b'{"jobs": []}', {400, 422}),
        (b'{"jobs": [{"job_id": "x", "ddl_trans": 1}]}', {400, 422}),
        (b'{"jobs": [{"job_id": "x", "slot_name": null}]}', {400, 422}),
        (b"", {400, 422}),
        (b"\xef\xbb\xbf" + GOOD, {400, 422}),
        (b'{"jobs": [{"job_id": "x", "job_id": "y"}]}', {400, 422}),
        (b'{"jobs": [{"job_id": "\\ud800"}]}', {400, 422}),
        (b'{"jobs": [{"job_id": "x"}], "n": NaN}', {400, 422}),
        (b'{"jobs": [{"job_id": "x"}], "n": 1e999}', {200, 400, 422}),
        (DEEP, {200, 400, 422}),
        (b'{"jobs": [{"job_id": "x"}], "n": %s}' % (b"9" * 5000), {200, 400, 422}),
        (b'{"jobs": [{"job_id": "x"}], "n": -%s}' % (b"9" * 5000), {200, 400, 422}),
        (b'{"jobs": [], "n": %s}' % (b"9" * 5000), {400, 422}),
    ],
    ids=lambda value: repr(sorted(value) if isinstance(value, set) else value)[:60],
)  # fmt: skip
def test_a_body_deserves_its_statuses(prober: Prober, body: bytes, statuses: set[int]) -> None:
    """A body is right, breaks the schema, is not I-JSON, or strains the parser."""
    assert _statuses(prober, prober.request(body)) == statuses


@pytest.mark.parametrize(
    ("media", "statuses"),
    [
        ("Application/JSON; charset=UTF-8", {200}),
        ('application/json;charset="utf-8"', {200}),
        ("application/json; charset=utf-16", {415}),
        ("text/plain", {415}),
        (None, {415}),
    ],
)
def test_a_media_type_deserves_its_status(
    prober: Prober, media: str | None, statuses: set[int]
) -> None:
    """Type and charset are compared without regard to case."""
    request = prober.request(GOOD).with_header("Content-Type", media)
    assert _statuses(prober, request) == statuses


@pytest.mark.parametrize(
    ("token", "statuses"), [(None, {401}), ("", {401}), ("  ", {401, 403}), ("x", {401, 403})]
)
def test_credentials_come_before_the_body(
    prober: Prober, token: str | None, statuses: set[int]
) -> None:
    """With bad credentials, what is wrong with the body does not count."""
    request = prober.request(b"{").with_header("X-Auth-Token", token)
    expectation = prober.oracle.expect(request)
    assert expectation.statuses is not None
    assert set(expectation.statuses) == statuses
    assert expectation.rule == "credentials-come-before-the-body"


def test_several_defects_may_be_answered_in_any_order(prober: Prober) -> None:
    """A malformed project and a wrong media type: the contract does not say which comes first."""
    request = evolve(prober.request(GOOD), path=prober.path("x y"))
    both = request.with_header("Content-Type", "text/plain")
    assert _statuses(prober, both) == {400, 404, 415}


def test_a_request_that_names_a_header_twice_is_not_checked(prober: Prober) -> None:
    """The contract does not say what two tokens mean."""
    request = prober.request(GOOD)
    twice = evolve(request, headers=(*request.headers, ("X-Auth-Token", "x")))
    assert _statuses(prober, twice) is None


def test_a_gateway_may_reject_a_header_with_an_underscore(prober: Prober) -> None:
    """Or drop it: then the token is missing."""
    elsewhere = prober.request(GOOD).with_header("X-Auth-Token", None)
    assert _statuses(prober, elsewhere.with_header("X-Token", "x")) == {401}
    assert _statuses(prober, elsewhere.with_header("X_Auth_Token", "x")) == {400, 401}


def test_the_language_of_messages_follows_the_header(prober: Prober) -> None:
    """Absent means the default, with another value no language can be expected."""
    languages = [
        prober.oracle.expect(prober.request(GOOD, language=value)).language
        for value in (None, "zh-cn", "ZH-CN")
    ]
    assert languages == ["en-us", "zh-cn", None]


def test_methods_of_which_the_contract_says_nothing_are_not_checked(prober: Prober) -> None:
    """OPTIONS, HEAD, TRACE and QUERY belong to the server: any response to them is right."""
    for method in ("OPTIONS", "HEAD", "TRACE", "QUERY"):
        assert _statuses(prober, evolve(prober.request(GOOD), method=method)) is None
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert _statuses(prober, evolve(prober.request(GOOD), method=method)) == {404, 405}
