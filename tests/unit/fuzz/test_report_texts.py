"""How a report writes JSON, and where two texts differ."""

from __future__ import annotations

import re

import pytest

from drs_sync_policy.fuzz.report.differences import compared
from drs_sync_policy.fuzz.report.jsontext import indented


def test_json_is_indented_token_by_token() -> None:
    """Duplicate keys, spellings of numbers and escapes stay; what is not JSON stays as it is."""
    body = '{"a":1.0,"a":1e2,"b":["\\u00e9, \\"x\\"",{}],"c":"' + "x" * 80 + '"}'
    lines = indented(body)
    assert lines.count("\n") == 5
    assert re.sub(r"\n\s*|(?<=[,:]) ", "", lines) == body.replace(", \\", ",\\")
    for text in ("", "<p>", "[1", "1 2", "[" * 100_000):
        assert indented(text) == text
    assert indented("[]") == "[]"


@pytest.mark.parametrize(
    ("expected", "received", "differ"),
    [
        ('the id "e\u0301"', 'the id "\u00e9"', ("e\\u0301", "\\u00e9")),
        ("stored a", "stored \u0430", ("a", "\\u0430")),
        ("x\u200by", "xy", ("\\u200b", "")),
        ("\U0001f600", "", ("\\ud83d\\ude00", "")),
        ("任务 1", "任务 2", ("1", "2")),
    ],
)
def test_a_difference_is_visible(expected: str, received: str, differ: tuple[str, str]) -> None:
    """What is invisible or not ASCII is escaped where the two texts differ, and only there."""
    one, other = compared(expected, received)
    assert (one[1], other[1]) == differ
    assert (one[0], one[2]) == (other[0], other[2])


@pytest.mark.parametrize(
    ("expected", "received", "differ"),
    [
        ('the id " ", as it was sent', 'the id "?"', (" ", "?")),
        ("count is 1, the number of results", "count is 2", ("1", "2")),
        ("415", "200 with 1 result", ("415", "200 with 1 result")),
        ("400 or 422", "200 with 1 result", ("400 or 422", "200 with 1 result")),
        ("ids a, b in this order", "ids b, a in this order", ("a, b", "b, a")),
        ("a, b or c", "a", (", b or c", "")),
        ('{"a": 1}', '{"a": 2}', ("1", "2")),
    ],
)
def test_words_that_explain_a_value_are_not_part_of_the_difference(
    expected: str, received: str, differ: tuple[str, str]
) -> None:
    """Of the value alone a reader sees what differs."""
    found = compared(expected, received)
    assert tuple(middle for _, middle, _ in found) == differ
    assert ("".join(found[0]), "".join(found[1])) == (expected, received)
