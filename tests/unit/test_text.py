"""The wording helpers that all messages share."""

from __future__ import annotations

import pytest

from drs_sync_policy.text import counted, did_you_mean, listed, nearest, printable, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Task information not found. 任务", "Task information not found. 任务"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("a\nb\r\t", "a\\nb\\r\\t"),
        ("\x9b1m", "\\x9b1m"),
        ("\u202edetrever", "\\u202edetrever"),
        ("\ud800", "\\ud800"),
    ],
)
def test_invisible_characters_are_escaped(text: str, shown: str) -> None:
    """Text from a server or a file cannot move the cursor, set a title or change the direction."""
    assert printable(text) == shown


def test_line_ends_can_be_kept() -> None:
    """For a text of several lines."""
    assert printable("a\nb\x00", lines=True) == "a\nb\\x00"


def test_nearest_ignores_case_and_spaces() -> None:
    """The name is returned as it is written in the list, the best first."""
    assert nearest(" STPO ", ["ignore", "Stop"]) == ["Stop"]
    assert nearest("xyz", ["ignore"]) == []
    assert nearest("ab1", ["ab3", "ab2"], most=2) == ["ab3", "ab2"]
    assert did_you_mean("stpo", ["stop"]) == "; did you mean `stop`?"
    assert did_you_mean("stpo", ["stop"], lead=" ") == " Did you mean `stop`?"
    assert did_you_mean("xyz", ["stop"]) == ""


def test_counts_lists_and_cuts() -> None:
    """Parts of sentences."""
    assert [counted(1, "job"), counted(2, "job")] == ["1 job", "2 jobs"]
    assert counted(2000, "policy", "policies") == "2,000 policies"
    assert [listed("a"), listed("abc"), listed("ab", last="and", quote="")] == [
        "`a`",
        "`a`, `b` or `c`",
        "a and b",
    ]
    assert shortened('"abcdefgh"', 8) == '"abc..."'
