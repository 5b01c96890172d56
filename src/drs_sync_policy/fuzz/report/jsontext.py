"""JSON text laid out for reading; every token stays as it was sent, duplicate keys included."""

from __future__ import annotations

import json
import re
from typing import Final

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_CLOSING: Final = {"{": "}", "[": "]"}
_LINE: Final = 76
"""A value that fits into so many columns stays on one line."""
_LONGEST: Final = 200_000


def indented(text: str) -> str:
    """`text` in lines if it is JSON, else as it is."""
    if len(text) > _LONGEST:
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    tokens = _TOKEN.findall(text)
    lines, place = _value(tokens, 0, 0)
    return lines if place == len(tokens) else text


def _value(tokens: list[str], place: int, depth: int) -> tuple[str, int]:
    """The layout of the value that begins at `place`, and the place after it."""
    first = tokens[place]
    if first not in _CLOSING:
        return first, place + 1
    entries: list[str] = []
    place += 1
    while tokens[place] != _CLOSING[first]:
        name = ""
        if first == "{":
            name = f"{tokens[place]}: "
            place += 2
        value, place = _value(tokens, place, depth + 1)
        entries.append(name + value)
        place += tokens[place] == ","
    line = first + ", ".join(entries) + _CLOSING[first]
    if "\n" not in line and len(line) + 2 * depth <= _LINE:
        return line, place + 1
    margin = "\n" + "  " * (depth + 1)
    inner = ("," + margin).join(entries)
    return f"{first}{margin}{inner}\n{'  ' * depth}{_CLOSING[first]}", place + 1
