"""Values that know where in their file they stand: JSON, YAML and CSV, with line and column."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from json import decoder
from math import isfinite
from typing import Any, Final, NoReturn

from attrs import define, field, frozen

Path = tuple[str | int, ...]
"""Where in a document a value is: the keys and indices that lead to it."""

_MOST_NESTED: Final = 64
_SPARE_VALUES: Final = 10_000
"""A document of YAML has at most this many values more than characters: without aliases each value
takes a character, and with them a few lines could make more than fit into memory."""
_MOST_BITS: Final = 1024
"""A number of more is outside of what a double holds, and JSON promises no more (RFC 7493)."""
_MOST_DIGITS: Final = 400
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
    written: dict[Path, str] = field(factory=dict[Path, str])
    """How what is no text was written, where that is not how JSON writes it."""
    mistakes: list[Mistake] = field(factory=list[Mistake])
    """What is wrong in it, although all of it could be read."""

    def place(self, path: Path) -> Place:
        """Where the value at `path` stands, or the nearest one around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


# --- JSON --------------------------------------------------------------------------------------


def read_json(text: str) -> Placed:
    """`text` as JSON (RFC 8259), else `UnreadableError`; a key that is there twice is a mistake."""
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
                said = f"`{name}` stands in this object twice"
                self._placed.mistakes.append(Mistake(self._place(start), said))
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
        found = float(number[0]) if number[1] or number[2] else _whole(number[0])
        if found is None or not _is_number(found):
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


# --- YAML --------------------------------------------------------------------------------------


def read_yaml(text: str) -> Placed:
    """`text` as one YAML document of plain values; `UnreadableError` if it is none."""
    import yaml

    placed = Placed()
    try:
        loader: Any = yaml.SafeLoader(text)
        node = loader.get_single_node()
        walk = _YamlWalk(loader, placed, len(text) + _SPARE_VALUES)
        placed.value = walk.value(node, (), ())
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        place = _mark(mark) if mark else Place(1, 1)
        said = " ".join(part for part in (error.problem, error.context) if part)
        raise UnreadableError(place.line, place.column, f"no YAML: {said}") from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        said = f"no YAML: the character {text[error.position]!a} may stand in it as an escape only"
        raise UnreadableError(line, column, said) from None
    except RecursionError:
        place = _too_deep(text)
        raise UnreadableError(place.line, place.column, "nested too deeply") from None
    return placed


def _too_deep(text: str) -> Place:
    """Where the document gets deeper than any may be."""
    import yaml

    depth = 0
    for event in yaml.parse(text):
        depth += isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent))
        depth -= isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent))
        if depth > _MOST_NESTED:
            return _mark(event.start_mark)
    return Place(1, 1)


_MERGE: Final = "tag:yaml.org,2002:merge"


@define
class _YamlWalk:
    """Goes through the nodes of a document and writes down values and places."""

    loader: Any
    placed: Placed
    most: int
    _entries: dict[Any, dict[str, Any]] = field(factory=dict[Any, dict[str, Any]])
    _merged: int = 0

    def value(self, node: Any, path: Path, around: tuple[Any, ...]) -> Any:
        if node is None:
            return None
        place = _mark(node.start_mark)
        self.placed.places[path] = place
        if node in around or len(path) > _MOST_NESTED or len(self.placed.places) > self.most:
            _refuse(node, "nested too deeply, or without an end")
        inside = (*around, node)
        if node.id == "sequence":
            return [self.value(n, (*path, i), inside) for i, n in enumerate(node.value)]
        if node.id == "mapping":
            children = self._mapping(node, around)
            return {key: self.value(n, (*path, key), inside) for key, n in children.items()}
        value = self._scalar(node)
        if not isinstance(value, str):
            self.placed.written[path] = node.value
        return value

    def _scalar(self, node: Any) -> Any:
        import yaml

        try:
            value = self.loader.construct_object(node)
        except yaml.YAMLError:
            raise
        except (ValueError, OverflowError, LookupError, AttributeError):
            # What looks like a date or a number and is none, such as 2024-13-45.
            _refuse(node, f"{_short(node.value)} is no value; put it in quotes if it is a text")
        if isinstance(value, (int, float)) and not _is_number(value):
            _refuse(node, f"{_short(node.value)} is no number that JSON has")
        return value

    def _mapping(self, node: Any, around: tuple[Any, ...]) -> dict[str, Any]:
        """The node of each key: the mapping's own, and those that it merges and does not have."""
        if node in around:
            _refuse(node, "nested too deeply, or without an end")
        if node in self._entries:
            return self._entries[node]
        own: dict[str, Any] = {}
        merged: list[Any] = []
        for key_node, child in node.value:
            if key_node.tag == _MERGE:
                merged += child.value if child.id == "sequence" else [child]
                continue
            if key_node.id != "scalar":
                _refuse(key_node, "a key must be a text")
            self._scalar(key_node)
            if key_node.value in own:
                said = f"`{key_node.value}` stands in this mapping twice"
                self.placed.mistakes.append(Mistake(_mark(key_node.start_mark), said))
            own[key_node.value] = child
        found: dict[str, Any] = {}
        for source in reversed(merged):  # Of two that are merged the first wins.
            if source.id != "mapping":
                _refuse(source, "only a mapping can be merged")
            found |= self._mapping(source, (*around, node))
            self._merged += len(found)
            if self._merged > self.most:
                _refuse(node, "nested too deeply, or without an end")
        found |= own
        self._entries[node] = found
        return found


def _refuse(node: Any, message: str) -> NoReturn:
    place = _mark(node.start_mark)
    raise UnreadableError(place.line, place.column, message)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_number(value: float) -> bool:
    """Whether JSON has it, in the range that a double has."""
    return value.bit_length() <= _MOST_BITS if isinstance(value, int) else isfinite(value)


def _whole(text: str) -> int | None:
    """The number, or None where it is far too large to be one."""
    return int(text) if len(text) <= _MOST_DIGITS else None


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
    for line, cells in rows:
        if len(cells) > len(names):
            message = f"{len(cells)} cells, and the first line has {len(names)} names"
            placed.mistakes.append(Mistake(Place(line, len(names) + 1), message))
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
