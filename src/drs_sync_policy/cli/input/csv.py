"""CSV: an item in each line, with the line and the number of each cell.

A file may have millions of lines. So no item is kept: only where each begins in the text, and an
item is read again when it is needed.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, overload

from attrs import define, field

from drs_sync_policy import contract
from drs_sync_policy.cli.input.cells import value_of
from drs_sync_policy.cli.input.places import (
    Path,
    Place,
    Placed,
    PlacedProblem,
    Progress,
    UnreadableError,
)

Schemas = Mapping[str, contract.Json]

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SHOWN_EVERY: Final = 20_000


@define(eq=False)
class Rows(Sequence[dict[str, Any]]):
    """The items of a CSV text. An empty cell is left out, and so is one that is missing at the end.

    `schemas` has the schema of each known field: a cell of a boolean is true or false, one of a
    number is a number, and one of a list or an object is JSON. Any other cell stays text.
    """

    text: str = field(repr=False)
    names: Sequence[str]
    schemas: Schemas
    starts: array[int] = field(factory=lambda: array("Q"), repr=False)
    lines: array[int] = field(factory=lambda: array("Q"), repr=False)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        start = self.starts[index]
        lines = (found[0] for found in _LINE.finditer(self.text, start))
        cells = next(csv.reader(lines, strict=True))
        named = zip(self.names, cells, strict=False)
        return {name: value_of(cell, self.schemas.get(name, {})) for name, cell in named if cell}


@define
class _PlacedRows(Placed):
    """The places follow from the lines of the rows and from the columns."""

    def place(self, path: Path) -> Place:
        match path:
            case (int(row), str(name)) if name in self.columns and row < len(self.value):
                return Place(self.value.lines[row], self.columns[name].column)
            case (int(row), *_) if row < len(self.value):
                return Place(self.value.lines[row], 1)
            case _:
                return Place(1, 1)


def read_csv(text: str, schemas: Schemas, progress: Progress | None = None) -> Placed:
    """`text` as CSV, its items as `Rows`: names in the first line, one item in each other."""
    rows = _rows(text)
    first = next(rows, None)
    names = [name.strip() for name in first[2]] if first else []
    placed = _PlacedRows(found := Rows(text, names, schemas))
    placed.columns = _columns(names, schemas)
    for start, line, cells in rows:
        if len(cells) > len(names):
            message = f"this row has {len(cells)} cells, but the first line has {len(names)} names"
            placed.problems.append(PlacedProblem(Place(line, len(names) + 1), message))
        found.starts.append(start)
        found.lines.append(line)
        if progress is not None and not len(found) % _SHOWN_EVERY:
            progress(start / len(text))
    return placed


def _columns(names: Sequence[str], schemas: Schemas) -> dict[str, Place]:
    if len(names) == 1 and (other := re.search("[;\t|]", names[0])):
        message = f"the column names are separated by {other[0]!r}: use commas"
        raise UnreadableError(1, 1, message)
    if schemas and not schemas.keys() & {*names}:
        message = f"the first line must name the fields, such as {', '.join([*schemas][:3])}"
        raise UnreadableError(1, 1, message)
    for index, name in enumerate(names):
        if not name or name in names[:index]:
            said = (
                f"the column `{name}` appears twice" if name else f"column {index + 1} has no name"
            )
            raise UnreadableError(1, index + 1, said)
    return {name: Place(1, number) for number, name in enumerate(names, start=1)}


def _rows(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each row that is not empty: where it begins in the text, on which line, and its cells."""
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for found in _LINE.finditer(text):
            end = found.end()
            yield found[0]

    reader = csv.reader(lines(), strict=True)
    start, line = 0, 1
    try:
        for cells in reader:
            if any(cells):
                yield start, line, cells
            start, line = end, reader.line_num + 1
    except csv.Error as error:
        said = "a quote is not closed" if "end of data" in str(error) else str(error)
        raise UnreadableError(line, 1, f"invalid CSV: {said}") from None
