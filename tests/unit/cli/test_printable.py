"""Texts of servers and files as a terminal may show them."""

from __future__ import annotations

import pytest

from drs_sync_policy.cli.output.printable import printable


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
def test_what_a_terminal_obeys_is_shown_as_an_escape(text: str, shown: str) -> None:
    """Nobody else's text moves the cursor, sets a title or turns the writing around."""
    assert printable(text) == shown


def test_line_ends_may_stay() -> None:
    """Where a text has several lines."""
    assert printable("a\nb\x00", lines=True) == "a\nb\\x00"
