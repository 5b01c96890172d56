"""Where what was received differs from what was expected, so that a reader sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from drs_sync_policy.text import printable

Parts = tuple[str, str, str]
"""A text in three parts: before, in, and after what differs."""


_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\s+|[^\s"]+?(?=[,;:.]*(?:[\s"]|$))|[,;:.]+|"')
"""A quoted value, a space, a word, what ends a part of a sentence."""


def compared(expected: str, received: str) -> tuple[Parts, Parts]:
    """Both texts; in the part that differs, what is invisible or not ASCII is escaped.

    Texts with other words differ in the first of these, so that prose is not shown as a value.
    """
    words = _WORD.findall(expected), _WORD.findall(received)
    begin = _common(*words)
    end = _common(*(found[begin:][::-1] for found in words))
    differ = [found[begin : len(found) - end] for found in words]
    if not begin and not end and max(map(len, words)) > 1:
        return _parts(expected, 0, 0), _parts(received, 0, 0)
    if all(differ) and len(differ[0]) != len(differ[1]):
        differ = [found[:1] for found in differ]
    one, other = map("".join, differ)
    within = _common(one, other)
    behind = _common(one[within:][::-1], other[within:][::-1])
    before = len("".join(words[0][:begin]))
    first, second = (
        _parts(text, before + within, len(text) - before - len(part) + behind)
        for text, part in ((expected, one), (received, other))
    )
    return first, second


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many entries at the beginning are the same."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


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
