"""A compressed response is read as far as the request accepts it, and within a limit."""

from __future__ import annotations

import gzip
import zlib

import pytest

from drs_sync_policy.fuzz.target.coding import decoded
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Response

PLAIN = b'{"count": 0}'
ACCEPTING = Request("POST", "/", (("Accept-Encoding", "gzip, deflate"),))


def _response(body: bytes, coding: str) -> Response:
    return Response(200, (("Content-Encoding", coding),), body, 0.0)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(PLAIN), "gzip"),
        (gzip.compress(PLAIN), "X-GZIP"),
        (zlib.compress(PLAIN), "deflate"),
    ],
    ids=["gzip", "X-GZIP", "deflate"],
)
def test_what_the_request_accepts_is_decoded(body: bytes, coding: str) -> None:
    """With its headers as they came."""
    response = _response(body, coding)
    assert decoded(response, ACCEPTING).body == PLAIN
    assert decoded(response, ACCEPTING).headers == response.headers


def test_what_the_request_does_not_accept_stays_as_it_is() -> None:
    """Such a response is the server's fault, and is checked as it came."""
    response = _response(gzip.compress(PLAIN), "gzip")
    assert decoded(response, Request("POST", "/")) == response
    assert decoded(_response(PLAIN, "br"), ACCEPTING).body == PLAIN


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (gzip.compress(b" " * 9_000_000), "after gzip is decoded"),
        (PLAIN, "is not gzip"),
        (gzip.compress(PLAIN)[:-9], "before the end"),
    ],
    ids=["too large", "another coding", "cut"],
)
def test_a_body_that_cannot_be_decoded_counts_as_no_response(body: bytes, words: str) -> None:
    """The reason says what is wrong with it."""
    with pytest.raises(NoResponse, match=words):
        decoded(_response(body, "gzip"), ACCEPTING)
