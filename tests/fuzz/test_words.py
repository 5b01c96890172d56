"""What was seen, in words for implementers in any language: values as they are on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drs_sync_policy.fuzz.rules import words
from tests.fuzz import servers
from tests.fuzz.servers import Handler


@pytest.mark.parametrize(
    "value", [False, None, "", 'it\'s "so"', "\0\x7f\u202e\U000e0001", "项目", {"a": [1.5, True]}]
)
def test_a_value_is_shown_as_json(value: Any) -> None:
    """What is shown can be read back as JSON, and a terminal shows every character of it."""
    told = words.as_json(value)
    assert json.loads(told) == value
    assert told.isprintable()


def test_what_is_stored_is_shown_with_what_is_not() -> None:
    """A field that is not stored is shown by its name."""
    stored = {"ddl_trans": False}
    assert words.stored(stored, ["ddl_trans"]) == "stored is `ddl_trans`: false"
    assert words.stored({}, ["a", "b"]) == "`a`, `b` are not stored"
    both = words.stored(stored, ["slot_name", "ddl_trans"])
    assert both == "stored is `ddl_trans`: false, and `slot_name` is not stored"


def test_one_is_singular() -> None:
    """The number decides between singular and plural: "1 result"."""
    assert words.said({"results": [{}]}) == "with 1 result"
    assert words.said({"results": []}) == "with 0 results"


class Wordless(Handler):
    """Responses other methods without `Allow`, and no request with a media type."""

    def send_header(self, keyword: str, value: str) -> None:
        if keyword not in ("Allow", "Content-Type"):
            super().send_header(keyword, value)


def test_a_missing_header_is_named() -> None:
    """It is not `nothing`, and its name is in the sentence."""
    with servers.probing(handler=Wordless) as prober:
        request = prober.request(None)
        prober.send(request.with_header("X-Language", "de"), case="a language that nobody has")
    (violation,) = prober.ledger.violations("media-type-is-json")
    assert violation.received == "no `Content-Type` with 400"
