"""JSON, with the line and column of each value."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from json import decoder
from typing import Any, Final, NoReturn

from drs_sync_policy.cli.input.places import (
    MOST_NESTED,
    Path,
    Place,
    Placed,
    PlacedProblem,
    UnreadableError,
    is_number,
)

_MOST_DIGITS: Final = 400
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_SPACE: Final = re.compile(r"[ \t\n\r]*")
# What `json` itself reads texts with; the stubs do not know it.
_scanstring: Final[Callable[[str, int, bool], tuple[str, int]]] = vars(decoder)["scanstring"]
_WORDS: Final = {"true": True, "false": False, "null": None}


def read_json(text: str) -> Placed:
    """`text` as JSON (RFC 8259), else `UnreadableError`; a key that is there twice is a problem."""
    return _JsonReader(text).document()


class _JsonReader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._placed = Placed()
        self._lines = [match.end() for match in re.finditer("\n", text)]

    def document(self) -> Placed:
        self._placed.value = self._value(())
        self._space()
        if self._at < len(self._text):
            self._fail("the JSON document has ended before this text; remove the text")
        return self._placed

    def _value(self, path: Path) -> Any:
        self._space()
        if len(path) > MOST_NESTED:
            self._fail(f"nested deeper than {MOST_NESTED} levels")
        self._placed.places[path] = self._place(self._at)
        match self._text[self._at : self._at + 1]:
            case "{":
                return self._object(path)
            case "[":
                return self._array(path)
            case '"':
                return self._string()
            case _:
                return self._scalar()

    def _object(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._at += 1
        while not self._closes("}", first=not found):
            self._space()
            start = self._at
            if self._text[start : start + 1] != '"':
                self._fail('expected a name in double quotes, or "}"')
            name = self._string()
            if name in found:
                said = f"`{name}` appears twice in this object"
                self._placed.problems.append(PlacedProblem(self._place(start), said))
            self._expect(":", f"after `{name}`")
            found[name] = self._value((*path, name))
        return found

    def _array(self, path: Path) -> list[Any]:
        found: list[Any] = []
        self._at += 1
        while not self._closes("]", first=not found):
            found.append(self._value((*path, len(found))))
        return found

    def _closes(self, end: str, *, first: bool) -> bool:
        """Whether the object or array ends here; else goes past the comma before its next."""
        self._space()
        if self._text[self._at : self._at + 1] == end:
            self._at += 1
            return True
        if not first:
            self._expect(",", f'or "{end}"')
        return False

    def _string(self) -> str:
        try:
            value, self._at = _scanstring(self._text, self._at + 1, True)
        except ValueError as error:
            at = getattr(error, "pos", self._at)
            self._fail(
                "the closing quote of this text is missing, or the text has a control character"
                " or an"
                " invalid escape",
                at,
            )
        return value

    def _scalar(self) -> Any:
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        number = _NUMBER.match(self._text, self._at)
        if number is None:
            self._fail("expected a value: text in double quotes, a number, true, false, [ or {")
        found = float(number[0]) if number[1] or number[2] else _whole(number[0])
        if found is None or not is_number(found):
            self._fail("this number is too large")
        self._at = number.end()
        return found

    def _expect(self, character: str, where: str) -> None:
        self._space()
        if self._text[self._at : self._at + 1] != character:
            self._fail(f'expected "{character}" {where}')
        self._at += 1

    def _space(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _place(self, at: int) -> Place:
        line = bisect_right(self._lines, at)
        return Place(line + 1, at - (self._lines[line - 1] if line else 0) + 1)

    def _fail(self, message: str, at: int | None = None) -> NoReturn:
        place = self._place(self._at if at is None else at)
        raise UnreadableError(place.line, place.column, message)


def _whole(text: str) -> int | None:
    """The number, or None where it is far too large to be one."""
    return int(text) if len(text) <= _MOST_DIGITS else None
