"""CSV: an item in each line, with the line and the number of each cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from drs_sync_policy.cli.input.places import Place, Placed, PlacedProblem, UnreadableError


def read_csv(text: str, types: Mapping[str, str]) -> Placed:
    """`text` as CSV: names in the first line, one item in each other; an empty cell is left out.

    So are cells that are missing at the end of a row: spreadsheets do not write empty ones there.

    `types` has the JSON type of each known name: a cell of a `boolean` is true or false, and one
    of an `integer` a number; whatever else it is stays the text that it is.
    """
    placed = Placed([])
    rows = _rows(text)
    first = next(rows, None)
    names = [name.strip() for name in first[1]] if first else []
    if len(names) == 1 and (other := re.search("[;\t|]", names[0])):
        message = f"the names are separated by {other[0]!r}: CSV has commas"
        raise UnreadableError(1, 1, message)
    if types and not types.keys() & {*names}:
        message = f"the first line must name the fields, such as {', '.join([*types][:3])}"
        raise UnreadableError(1, 1, message)
    for index, name in enumerate(names):
        if not name or name in names[:index]:
            said = "twice" if name else "without a name"
            raise UnreadableError(1, index + 1, f"the column `{name or index + 1}` is there {said}")
        placed.columns[name] = Place(1, index + 1)
    for line, cells in rows:
        if len(cells) > len(names):
            message = f"{len(cells)} cells, and the first line has {len(names)} names"
            placed.problems.append(PlacedProblem(Place(line, len(names) + 1), message))
        _add_row(placed, line, dict(zip(names, cells, strict=False)), types)
    return placed


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not empty, with the number of the line that it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableError(line, 1, f"no CSV: {error}") from None


def _add_row(placed: Placed, line: int, cells: dict[str, str], types: Mapping[str, str]) -> None:
    number = len(placed.value)
    placed.places[number,] = Place(line, 1)
    item: dict[str, Any] = {}
    for column, (name, cell) in enumerate(cells.items(), start=1):
        if cell:
            item[name] = _cell(cell, types.get(name, "string"))
            placed.places[number, name] = Place(line, column)
    placed.value.append(item)


def _cell(cell: str, type_: str) -> Any:
    if type_ == "boolean":
        return {"true": True, "false": False}.get(cell.strip().lower(), cell)
    if type_ == "integer" and re.fullmatch(r"-?\d{1,400}", cell.strip()):
        return int(cell)
    return cell
