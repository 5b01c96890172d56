"""Paths, segment by segment."""

from __future__ import annotations

import pytest

from drs_sync_policy.sandbox.http.routing import Router, Template
from drs_sync_policy.sandbox.rejection import Rejection

ROUTES = [
    ("GET", "/a/{x}/b", "show"),
    ("PUT", "/a/{x}/b", "change"),
    ("GET", "/a/fixed/b", "fixed"),
]


def segments(path: str) -> list[bytes]:
    return [segment.encode() for segment in path.split("/")]


def test_a_parameter_takes_its_segment() -> None:
    """The target comes with the parameters of the path."""
    match = Router(ROUTES).match("PUT", segments("/a/1/b"))
    assert (match.target, match.parameters) == ("change", {"x": "1"})


def test_the_literal_path_wins() -> None:
    """Of two templates that fit, the more literal one is meant."""
    assert Router(ROUTES).match("GET", segments("/a/fixed/b")).target == "fixed"


@pytest.mark.parametrize("path", ["/", "/a", "/a//b", "/a/./b", "/a/../b", "/a/1/b/", "/A/1/b"])
def test_other_paths_are_unknown(path: str) -> None:
    """Empty and dot segments, a slash at the end and another case fit nothing."""
    with pytest.raises(Rejection) as refused:
        Router(ROUTES).match("GET", segments(path))
    assert refused.value.status == 404


def test_an_encoded_slash_is_no_parameter() -> None:
    """A segment with a slash in it fits no parameter."""
    assert Template.of("/a/{x}").match([b"", b"a", b"1/2"]) is None


def test_the_response_to_other_methods_lists_the_allowed_ones() -> None:
    """A 405 lists the methods that the path has."""
    with pytest.raises(Rejection) as refused:
        Router(ROUTES).match("DELETE", segments("/a/1/b"))
    assert (refused.value.status, refused.value.headers) == (405, {"Allow": "GET, PUT"})


def test_a_segment_of_text_and_parameter_is_refused() -> None:
    """A template that cannot be routed is an error when the sandbox is built."""
    with pytest.raises(ValueError, match="mixes text and parameters"):
        Template.of("/a/x{y}")
