"""The items of a file, validated as the Python client validates them; each problem has a place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, Final, cast

from drs_sync_policy import contract
from drs_sync_policy.anyjson import as_object, children, is_object
from drs_sync_policy.cli.input.cells import hint
from drs_sync_policy.cli.input.fields import fields, item_schema, required
from drs_sync_policy.cli.input.places import Path, Place, Placed, PlacedProblem, Progress
from drs_sync_policy.runtime.validation import LONE_SURROGATE, check
from drs_sync_policy.text import did_you_mean, listed, nearest, shortened

_SHOWN_EVERY: Final = 20_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Validator:
    """Validates the items that are in a document at the path `root`."""

    def __init__(self, edition: str, placed: Placed, root: Path, *, allow_unknown: bool) -> None:
        self._edition = edition
        self._fields = fields(edition)
        self._accepts = {name: _fast(schema) for name, schema in self._fields.items()}
        self._placed = placed
        self._root = root
        self._allow_unknown = allow_unknown
        named_once = placed.columns
        self._required = [n for n in required(edition) if not named_once or n in named_once]

    def problems(
        self, items: Sequence[Any], progress: Progress | None = None
    ) -> Iterator[PlacedProblem]:
        """Every problem of the items; at most one for each value."""
        if not items:
            yield self._at((), "the file has no policy: at least one is needed")
        yield from self._columns(items)
        for index, item in enumerate(items):
            if progress is not None and not index % _SHOWN_EVERY:
                progress(index / len(items))
            if is_object(item):
                yield from self._item(item, index)
            else:
                yield self._at((index,), "expected an object with the fields of a policy")

    def _item(self, item: Mapping[str, Any], index: int) -> Iterator[PlacedProblem]:
        for name in self._required:
            if name not in item:
                yield self._at((index,), f"the field `{name}` is missing")
        for name, value in item.items():
            accepts = self._accepts.get(name)
            if accepts is None:
                yield from self._unknown(name, value, (index, name))
            elif not accepts(value):
                yield from self._field(name, value, (index, name))
        for message in combination_problems(item_schema(self._edition), item):
            yield self._at((index,), message)

    def _field(self, name: str, value: Any, path: Path) -> Iterator[PlacedProblem]:
        schema = self._fields[name]
        for problem in check(value, schema, name):
            shown = self._placed.written.get((*self._root, *path)) or _shown(value)
            if isinstance(value, bool) and shown.lower() != str(value).lower():
                shown = f"`{shown}`, which YAML reads as {_shown(value)}"
            message = problem.message
            if self._placed.columns:  # every cell of CSV is a text
                message = message.removesuffix(", not a string")
            yield self._at(path, f"`{name}` is {shown}: {message}{_remedy(value, schema)}")
            return

    def _unknown(self, name: str, value: Any, path: Path) -> Iterator[PlacedProblem]:
        if not self._allow_unknown and name not in self._placed.columns:
            yield self._at(path, _unknown(name, self._edition))
        yield from self._unwritable(value, path)

    def _unwritable(self, value: Any, path: Path) -> Iterator[PlacedProblem]:
        """What no request can hold (rule body-must-be-i-json), at any depth."""
        step = path[-1]
        if isinstance(step, str) and _SURROGATE.search(step):
            yield self._at(path, f"this name has {LONE_SURROGATE}")
        if isinstance(value, str) and _SURROGATE.search(value):
            yield self._at(path, f"this text has {LONE_SURROGATE}")
        elif not isinstance(value, (str, int, float, list, dict, type(None))):
            shown = self._placed.written.get((*self._root, *path), str(cast("object", value)))
            yield self._at(path, f"JSON cannot express {shown}: put it in quotes")
        for key, child in children(cast("object", value)):
            yield from self._unwritable(child, (*path, key))

    def _columns(self, items: Sequence[Any]) -> Iterator[PlacedProblem]:
        """The problems of the names in a first line: each once, and not in each line."""
        columns = self._placed.columns
        unknown = [name for name in columns if name not in self._fields]
        for name in required(self._edition) if columns else ():
            if name not in columns and not nearest(name, unknown):
                yield PlacedProblem(Place(1, 1), f"the column `{name}` is missing")
        for name in () if self._allow_unknown else unknown:
            if any(name in item for item in items):
                yield PlacedProblem(columns[name], _unknown(name, self._edition))

    def _at(self, path: Path, message: str) -> PlacedProblem:
        return PlacedProblem(self._placed.place((*self._root, *path)), message)


def combination_problems(schema: contract.Json, item: Mapping[str, Any]) -> Iterator[str]:
    """What the values of an item violate together: the schema's `if` and `then`, in words.

    The schema states it as alternatives, and a constant value chooses among them.
    """
    if "then" not in schema or any(name not in item for name in schema["if"]["required"]):
        return
    for choice in schema["then"]["anyOf"]:
        constants = {
            name: rules["const"]
            for name, rules in choice["properties"].items()
            if "const" in as_object(rules)
        }
        if any(item.get(name) != value for name, value in constants.items()):
            continue
        given = " and ".join(f"`{name}` {json.dumps(v)}" for name, v in constants.items())
        for name in choice.get("required", ()):
            if name not in item:
                yield f"the field `{name}` is missing: {given} needs it"
        for name, rules in choice["properties"].items():
            allowed = as_object(rules).get("enum", ())
            if allowed and name in item and item[name] not in allowed:
                shown = _shown(item[name])
                wanted = listed(map(json.dumps, allowed), quote="")
                yield f"`{name}` is {shown}: with {given} it must be {wanted}"


def _fast(schema: contract.Json) -> Callable[[Any], bool]:
    """Whether a value is surely valid, as nearly every value is: a file may have millions."""
    if "enum" in schema:
        choices = frozenset(schema["enum"])
        return lambda value: type(value) is str and value in choices
    if schema.get("type") == "boolean":
        return lambda value: value is True or value is False
    if schema.get("type") == "string" and not schema.keys() & {"pattern", "maxLength", "format"}:
        least = schema.get("minLength", 0)
        return lambda value: type(value) is str and value.isascii() and len(value) >= least
    return lambda value: False


def _remedy(value: Any, schema: contract.Json) -> str:
    """How to write it: with quotes or without, as JSON, or as one of the values."""
    match schema.get("type"):
        case "boolean" if str(value).strip().lower() in ("true", "false"):
            return "; remove the quotes"
        case "string" if "enum" not in schema and not isinstance(
            value, (str, list, dict, NoneType)
        ):
            return "; put it in quotes"
        case "string" if "enum" in schema and isinstance(value, bool):
            return f"; write {listed(schema['enum'])}"
        case _:
            return hint(schema) if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    return shortened(json.dumps(value, ensure_ascii=False, default=str))


def _unknown(name: str, edition: str) -> str:
    for other in contract.editions():
        if other != edition and name in fields(other):
            return (
                f"the edition `{edition}` has no field `{name}`;"
                f" the edition `{other}` has it: add --edition {other}"
            )
    hint = did_you_mean(name, fields(edition)) or "."
    return f"unknown field `{name}`{hint} To send it anyway, add --allow-unknown."
