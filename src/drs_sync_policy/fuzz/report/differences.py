"""Where what was received differs from what was expected, so that a reader sees it."""

from __future__ import annotations

import json

from drs_sync_policy.text import printable

Parts = tuple[str, str, str]
"""A text in three parts: before, in, and after what differs."""


def compared(expected: str, received: str) -> tuple[Parts, Parts]:
    """Both texts; in the part that differs, what is invisible or not ASCII is escaped."""
    before = 0
    shortest = min(len(expected), len(received))
    while before < shortest and expected[before] == received[before]:
        before += 1
    after = 0
    while after < shortest - before and expected[-1 - after] == received[-1 - after]:
        after += 1
    return _parts(expected, before, after), _parts(received, before, after)


def _parts(text: str, before: int, after: int) -> Parts:
    end = len(text) - after
    return (
        printable(text[:before], lines=True),
        escaped(text[before:end]),
        printable(text[end:], lines=True),
    )


def escaped(text: str) -> str:
    """`text` in ASCII, other characters as JSON escapes them."""
    return "".join(letter if " " <= letter <= "~" else json.dumps(letter)[1:-1] for letter in text)
