"""Sentences in the lines of a terminal; piped, each stays a line."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import Final, TextIO
from unicodedata import combining, east_asian_width

_LEAST: Final = 40
_MOST: Final = 100
"""Lines that are longer are hard to read."""
_BESIDE: Final = 30
"""The least columns in which a text is put to the right of its head, and not below it."""
_BELOW: Final = "    "

_WIDE: Final = "\u2e80-\u9fff\uff00-\uffef"
# Chinese may be folded between any two characters, but not before a mark that ends something.
_PIECE: Final = re.compile(
    rf"\s+|[{_WIDE}][\u3001\u3002\uff0c\uff1b\uff1a\uff09\u300d]*|[^\s{_WIDE}]+"
)


def columns(stream: TextIO) -> int | None:
    """How wide the terminal is that `stream` leads to, None if it leads to none."""
    if not stream.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return os.get_terminal_size(stream.fileno()).columns or 80


def width(*, err: bool = False) -> int | None:
    """The width of prose on stdout, or on stderr: that of the terminal, within reason."""
    found = columns(sys.stderr if err else sys.stdout)
    return None if found is None else min(max(found, _LEAST), _MOST)


def fold(text: str, width: int | None, *, first: str = "", rest: str = "") -> str:
    """`text` after `first`, in lines of at most `width`; those after it begin with `rest`.

    A word that is longer than a line is not broken: it can be copied as it is. None is one line.
    """
    if width is None:
        return first + text
    lines, line = list[str](), first
    for piece in _pieces(text):
        if line not in (first, rest) and cells(line) + cells(piece) > width:
            lines.append(line.rstrip())
            line = rest
        line += piece.lstrip() if line == rest else piece
    return "\n".join((*lines, line.rstrip()))


def beside(head: str, text: str, width: int | None) -> str:
    """`text` to the right of `head`, folded there; below it where little room is left."""
    if width is None or width - cells(head) >= _BESIDE:
        return fold(text, width, first=head, rest=" " * cells(head))
    return f"{head.rstrip()}\n{fold(text, width, first=_BELOW, rest=_BELOW)}"


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def _pieces(text: str) -> Iterator[str]:
    """What is not broken: words, each with the blanks before it, and single wide characters."""
    blanks = ""
    for found in _PIECE.finditer(text):
        if found[0].isspace():
            blanks = " " * len(found[0])
        else:
            yield blanks + found[0]
            blanks = ""
