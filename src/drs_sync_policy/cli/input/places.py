"""A document whose values know where in it they stand."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from attrs import define, field, frozen

Path = tuple[str | int, ...]
"""Where in a document a value is: the keys and indices that lead to it."""

Progress = Callable[[float], object]
"""Is called now and then with the part of the work that is done, from 0 to 1."""

MOST_NESTED: Final = 64
_MOST_BITS: Final = 1024
"""A number of more is outside of what a double holds, and JSON guarantees no more (RFC 7493)."""


@frozen(order=True)
class Place:
    """A line and a column, both counted from 1; in CSV the column is the number of the cell."""

    line: int
    column: int


@frozen
class PlacedProblem:
    """Something wrong in a file: where, and what to write instead."""

    place: Place
    message: str


class UnreadableError(Exception):
    """The file is not what it should be, from `problem` on."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.problem: PlacedProblem = PlacedProblem(Place(line, column), message)


@define
class Placed:
    """A document: its value, and the place of each value in it."""

    value: Any = None
    places: dict[Path, Place] = field(factory=dict[Path, Place])
    written: dict[Path, str] = field(factory=dict[Path, str])
    """How a value that is not a text was written, if JSON writes it otherwise."""
    columns: dict[str, Place] = field(factory=dict[str, Place])
    """Where each field is named, in a format that names it once for all items; else empty."""
    problems: list[PlacedProblem] = field(factory=list[PlacedProblem])
    """What is wrong in it, although all of it could be read."""

    def place(self, path: Path) -> Place:
        """Where the value at `path` stands, or the nearest one around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


def is_number(value: float) -> bool:
    """Whether JSON has it, in the range that a double has."""
    return value.bit_length() <= _MOST_BITS if isinstance(value, int) else isfinite(value)
