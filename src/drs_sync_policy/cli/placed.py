"""Values that know where in their file they stand: JSON, YAML and CSV, with line and column."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from json import decoder
from typing import Any, Final, NoReturn

from attrs import define, field, frozen

Path = tuple[str | int, ...]
"""Where in a document a value is: the keys and indices that lead to it."""

_MOST_NESTED: Final = 64
_SPARE_VALUES: Final = 10_000
"""A document of YAML has at most this many values more than characters: without aliases each value
takes a character, and with them a few lines could make more than fit into memory."""
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_SPACE: Final = re.compile(r"[ \t\n\r]*")
# What `json` itself reads texts with; the stubs do not know it.
_scanstring: Final[Callable[[str, int, bool], tuple[str, int]]] = vars(decoder)["scanstring"]
_WORDS: Final = {"true": True, "false": False, "null": None}


@frozen(order=True)
class Place:
    """A line and a column, both counted from 1; in CSV the column is the number of the cell."""

    line: int
    column: int


@frozen
class Mistake:
    """Something wrong in a file: where, and what to write instead."""

    place: Place
    message: str


class UnreadableError(Exception):
    """The file is not what it should be, from `mistake` on."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.mistake: Mistake = Mistake(Place(line, column), message)


@define
class Placed:
    """A document: its value, and the place of each value in it."""

    value: Any = None
    places: dict[Path, Place] = field(factory=dict[Path, Place])

    def place(self, path: Path) -> Place:
        """Where the value at `path` stands, or the nearest one around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


# --- JSON --------------------------------------------------------------------------------------


def read_json(text: str) -> Placed:
    """`text` as JSON (RFC 8259), each key at most once in an object; `UnreadableError` if not."""
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
            self._fail("the document ended before this")
        return self._placed

    def _value(self, path: Path) -> Any:
        self._space()
        if len(path) > _MOST_NESTED:
            self._fail(f"nested deeper than {_MOST_NESTED} levels")
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
                self._fail(f"`{name}` stands in this object twice", start)
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
            self._fail("this text has no end, or holds a control character or a bad escape", at)
        return value

    def _scalar(self) -> Any:
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        number = _NUMBER.match(self._text, self._at)
        if number is None:
            self._fail("expected a value: text in double quotes, a number, true, false, [ or {")
        self._at = number.end()
        return float(number[0]) if number[1] or number[2] else int(number[0][:400])

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


# --- YAML --------------------------------------------------------------------------------------


def read_yaml(text: str) -> Placed:
    """`text` as one YAML document of plain values; `UnreadableError` if it is none."""
    import yaml

    loader: Any = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        placed = Placed()
        walk = _YamlWalk(loader, placed, len(text) + _SPARE_VALUES)
        placed.value = walk.value(node, (), ())
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        place = _mark(mark) if mark else Place(1, 1)
        said = " ".join(part for part in (error.problem, error.context) if part)
        raise UnreadableError(place.line, place.column, f"no YAML: {said}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableError(1, 1, f"no YAML: {error}") from None
    finally:
        loader.dispose()
    return placed


@frozen
class _YamlWalk:
    """Goes through the nodes of a document and writes down values and places."""

    loader: Any
    placed: Placed
    most: int

    def value(self, node: Any, path: Path, around: tuple[Any, ...]) -> Any:
        if node is None:
            return None
        place = _mark(node.start_mark)
        self.placed.places[path] = place
        if node in around or len(path) > _MOST_NESTED or len(self.placed.places) > self.most:
            raise UnreadableError(place.line, place.column, "nested too deeply, or without an end")
        inside = (*around, node)
        if node.id == "sequence":
            return [self.value(n, (*path, i), inside) for i, n in enumerate(node.value)]
        if node.id == "mapping":
            return self._mapping(node, path, inside)
        return self.loader.construct_object(node)

    def _mapping(self, node: Any, path: Path, inside: tuple[Any, ...]) -> dict[str, Any]:
        self.loader.flatten_mapping(node)
        found: dict[str, Any] = {}
        for key_node, child in node.value:
            key = str(self.loader.construct_object(key_node, deep=True))
            if key in found:
                at = _mark(key_node.start_mark)
                raise UnreadableError(at.line, at.column, f"`{key}` stands in this mapping twice")
            found[key] = self.value(child, (*path, key), inside)
        return found


def _mark(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


# --- CSV ---------------------------------------------------------------------------------------


def read_csv(text: str, types: Mapping[str, str]) -> Placed:
    """`text` as CSV: names in the first line, one item in each other; an empty cell is left out.

    `types` has the JSON type of each known name: a cell of a `boolean` is true or false, and one
    of an `integer` a number; whatever else it is stays the text that it is.
    """
    placed = Placed([])
    rows = _rows(text)
    first = next(rows, None)
    names = [name.strip() for name in first[1]] if first else []
    for index, name in enumerate(names):
        if not name or name in names[:index]:
            said = "twice" if name else "without a name"
            raise UnreadableError(1, index + 1, f"the column `{name or index + 1}` is there {said}")
    for line, cells in rows:
        if len(cells) > len(names):
            message = f"{len(cells)} cells, and the first line has {len(names)} names"
            raise UnreadableError(line, len(names) + 1, message)
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
