"""Values right and wrong for a schema: of every other type, and near misses of each right one.

Candidates come from the schema, and the schema's own validator says which of them are right. So a
new field of the contract gets all of this without a line of Python.
"""

# ruff: noqa: E501 - tables read better in long lines
# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Literal

import jsonschema_rs
from attrs import frozen

from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.schemas import validator

Json = Mapping[str, Any]
Class = Literal["null", "type", "near", "edge"]


@frozen
class Value:
    """A value with what it is, for the reader of a report."""

    value: Any
    what: str
    kind: Class


class Schema:
    """A schema of the contract, `$ref`s resolved, that can tell right values from wrong."""

    def __init__(self, contract: Contract, schema: Json) -> None:
        self.contract = contract
        self.node: Json = contract.resolve(schema)

    # Each is compiled when it is needed.
    @cached_property
    def _validator(self) -> jsonschema_rs.Validator:
        return validator(self.contract, self.node)

    @cached_property
    def _with_formats(self) -> jsonschema_rs.Validator:
        # A server may check a `format` or ignore it: right values have it, wrong ones break more.
        return validator(self.contract, self.node, formats=True)

    def accepts(self, value: Any) -> bool:
        """Whether `value` is right, whatever its `format`."""
        return self._validator.is_valid(value)

    @property
    def types(self) -> tuple[str, ...]:
        """The JSON types that the schema names, all of them where it names none."""
        named = self.node.get("type")
        if named is None:
            return ("string", "boolean", "integer", "number", "object", "array", "null")
        return (named,) if isinstance(named, str) else tuple(named)

    @cached_property
    def properties(self) -> dict[str, Schema]:
        """The schemas of an object's properties."""
        found = self.node.get("properties", {})
        return {name: Schema(self.contract, schema) for name, schema in found.items()}

    @property
    def required(self) -> tuple[str, ...]:
        """The properties that an object must have."""
        return tuple(self.node.get("required", ()))

    @cached_property
    def items(self) -> Schema | None:
        """The schema of an array's items."""
        return Schema(self.contract, self.node["items"]) if "items" in self.node else None

    @cached_property
    def is_free_text(self) -> bool:
        """Whether any text is right, the empty one and NUL included."""
        return self.types == ("string",) and all(
            map(self._with_formats.is_valid, ("", "\0", "x" * 5000, "é "))
        )

    @cached_property
    def _valid(self) -> tuple[Any, ...]:
        node = self.node
        found = [*node.get("enum", ()), *node.get("examples", ())]
        if "const" in node:
            found.append(node["const"])
        found += self._composed()
        found += [entry for name in self.types for entry in _SIMPLE[name]]
        found += list(_near_bounds(node))
        unique: dict[str, Any] = {}
        for value in found:
            if self._with_formats.is_valid(value):
                unique.setdefault(f"{type(value).__name__}{value!r}", value)
        return tuple(unique.values())[: max(len(node.get("enum", ())), 4)]

    def _composed(self) -> Iterator[Any]:
        """Lists of right items, and objects of right properties."""
        if self.items is not None:
            values = self.items.valid()
            yield from ([value] for value in values)
            count = self.node.get("minItems", 0)
            yield [values[n % len(values)] for n in range(count)] if values else []
            yield values
        if self.properties:
            each = {name: schema.valid() for name, schema in self.properties.items()}
            for variant in range(2):
                chosen = {k: found[variant % len(found)] for k, found in each.items() if found}
                yield {name: chosen[name] for name in self.required if name in chosen}
                yield chosen

    def valid(self) -> list[Any]:
        """A few right values, two at least where there are so many; the simplest first."""
        return copy.deepcopy(list(self._valid))

    def invalid(self) -> list[Value]:
        """Every wrong value to be tried in this place, each once; of a class the likeliest first."""
        return list(self._invalid)

    @cached_property
    def _invalid(self) -> tuple[Value, ...]:
        candidates = [*_OF_EVERY_TYPE, *self._near_misses(), *_WORDS_FOR_NULL]
        unique: dict[str, Value] = {}
        for value in candidates:
            if not self.accepts(value.value):
                unique.setdefault(f"{type(value.value).__name__}{value.value!r}", value)
        return tuple(unique.values())

    def _near_misses(self) -> Iterator[Value]:
        if "boolean" in self.types:
            yield from _SPELLINGS_OF_TRUTH
        if "integer" in self.types or "number" in self.types:
            for right in self.valid():
                yield Value(str(right), "a number as a string", "near")
            for bound in _near_bounds(self.node):
                yield Value(bound, "beyond a bound", "edge")
        for right in (
            *self.node.get("enum", ()),
            *([self.node["const"]] if "const" in self.node else []),
        ):
            if isinstance(right, str):
                yield from near_misses(right)
            yield Value([right], "the right value in a list", "type")
            yield Value({"value": right}, "the right value in an object", "type")
        if "enum" in self.node:
            for number in range(len(self.node["enum"])):
                yield Value(str(number), "the index of a right value, as a string", "near")
            for other in (*_other_enums(self.contract), *_PLAUSIBLE):
                yield Value(other, f"{other!r}, which is not one of the values", "near")
        if "string" in self.types and "enum" not in self.node:
            yield from _of_wrong_length(self.node)
        if self.items is not None:
            yield from self._invalid_lists(self.items)
        yield from self._invalid_objects()

    def _invalid_lists(self, items: Schema) -> Iterator[Value]:
        for value in items.invalid():
            yield Value([value.value], f"a list with {value.what}", "near")
        if "maxItems" in self.node and (right := items.valid()):
            count = self.node["maxItems"] + 1
            many = [right[n % len(right)] for n in range(count)]
            yield Value(many, "a list with an item too many", "edge")

    def _invalid_objects(self) -> Iterator[Value]:
        whole = next((value for value in self.valid() if isinstance(value, dict)), None)
        if not whole:
            return
        for name in self.required:
            less = {key: value for key, value in whole.items() if key != name}
            yield Value(less, f"an object without `{name}`", "near")
        for name, schema in self.properties.items():
            for value in schema.invalid():
                what = f"an object whose `{name}` is {value.what}"
                yield Value({**whole, name: value.value}, what, "near")


def _other_enums(contract: Contract) -> Iterator[str]:
    """The values of every other enum of the contract."""
    for schema in contract.document.get("components", {}).get("schemas", {}).values():
        for value in schema.get("enum", ()):
            if isinstance(value, str):
                yield value


def near_misses(right: str) -> Iterator[Value]:
    """Texts that a careless comparison takes for `right`; first, one for each kind of care."""
    spellings: Iterable[tuple[str, str]] = (
        (right.upper(), "in upper case"),
        (f" {right}", "with a space before it"),
        (right.replace("-", "_"), "with `_` for `-`"),
        (right.replace("_", "-"), "with `-` for `_`"),
        (right[:-1], "its last letter missing"),
        (f"{right}, x", "in a list with another"),
        (f"{right}x", "with a letter after it"),
        (f"{right} ", "with a space after it"),
        (right.capitalize(), "capitalized"),
        (right.title(), "in title case"),
        (_last_part_upper(right), "its last part in upper case"),
        (right[:-1] + right[-1:].upper(), "its last letter in upper case"),
        (f"{right}\n", "with a line feed after it"),
        (f"\t{right}", "with a tab before it"),
        (f"{right}\0", "with NUL after it"),
        (f"\ufeff{right}", "with a byte order mark before it"),
        (f"{right[:1]}\u200b{right[1:]}", "with a zero-width space in it"),
        (f"{right}\u0301", "with a combining accent after it"),
        (_fullwidth(right), "in full-width letters"),
        (_homoglyph(right), "with a letter that folds to another"),
        (right[1:], "its first letter missing"),
        (right[:1], "its first letter alone"),
        (f"{right}s", "with a letter more"),
        (f"x{right}", "with a letter before it"),
        (right.replace("_", " "), "with a space for `_`"),
        (right.replace("_", ""), "without `_`"),
        (right.replace("-", " "), "with a space for `-`"),
        (right.replace("-", ""), "without `-`"),
        (right.replace("-", "."), "with a dot for `-`"),
        (f"{right}-x", "with another part behind"),
        (f"{right};q=1", "with a weight"),
        (f"x,{right}", "in a list after another"),
        (_camel(right), "in camel case"),
        (f'"{right}"', "in quotes"),
        (f"'{right}'", "in single quotes"),
        (f"{right},{right}", "twice, with a comma"),
        (f"%{right}%", "between percent signs"),
    )
    for text, what in spellings:
        if text != right:
            yield Value(text, f"`{right}` {what}", "near")


def _last_part_upper(text: str) -> str:
    head, separator, tail = text.rpartition("-" if "-" in text else "_")
    return head + separator + tail.upper()


def _fullwidth(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _homoglyph(text: str) -> str:
    """`text` with one letter that folding turns into the right one."""
    for letter, other in (("s", "\u017f"), ("i", "\u0131"), ("k", "\u212a")):
        if letter in text:
            return text.replace(letter, other, 1)
    return text[:1] + "\u200d" + text[1:]


def _camel(text: str) -> str:
    first, *rest = text.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _of_wrong_length(node: Json) -> Iterator[Value]:
    if node.get("minLength", 0) > 0:
        yield Value("", "empty", "edge")
        yield Value("x" * (node["minLength"] - 1), "too short", "edge")
    if "maxLength" in node:
        yield Value("x" * (node["maxLength"] + 1), "too long by one", "edge")
        yield Value("x" * (2 * node["maxLength"] + 9), "far too long", "edge")
    if "pattern" in node:
        for text in ("", " ", "!", "x y", "x\n", "é", "..", "x/y"):
            yield Value(text, f"{text!r}, outside the pattern", "edge")


def _near_bounds(node: Json) -> Iterator[Any]:
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if name in node:
            yield from (node[name] - 1, node[name], node[name] + 1)


_SIMPLE: Final[dict[str, tuple[Any, ...]]] = {
    "string": ("x", "y", "2027-01-31", "2027-01-31T10:00:00Z", "a@b.example", "0" * 32, ""),
    "boolean": (True, False),
    "integer": (1, 2, 0, 10, 100),
    "number": (1, 1.5, 0),
    "null": (None,),
    "array": ([],),
    "object": ({},),
}

_OF_EVERY_TYPE: Final = (
    Value(None, "null", "null"),
    Value(True, "true", "type"),
    Value(False, "false", "type"),
    Value(0, "the number 0", "type"),
    Value(1, "the number 1", "type"),
    Value(-1, "the number -1", "type"),
    Value(1.5, "the number 1.5", "type"),
    Value(10**20, "a number beyond 64 bits", "type"),
    Value("", "an empty string", "edge"),
    Value(" ", "a blank string", "edge"),
    Value("x", "another string", "type"),
    Value([], "an empty list", "type"),
    Value({}, "an empty object", "type"),
    Value([None], "a list with null", "type"),
    Value("x" * 20_000, "a string of 20000 letters", "edge"),
    Value("\0", "NUL", "edge"),
    Value("\U0001f600", "an emoji", "edge"),
)
_WORDS_FOR_NULL: Final = (
    Value("null", "the string null", "near"),
    Value("none", "the string none", "near"),
)

_PLAUSIBLE: Final = (
    "default", "auto", "all", "any", "skip", "abort", "error", "fail", "replace", "merge", "update",
    "insert", "continue", "keep", "force", "drop", "drop_table", "drop_schema", "drop_user", "truncate",
    "drop_databases", "create_database", "alter_table", "other", "unknown", "undefined", "NULL", "false",
)  # fmt: skip

_SPELLINGS_OF_TRUTH: Final = tuple(
    Value(value, what, "near")
    for value, what in (
        ("true", "true as a string"),
        ("false", "false as a string"),
        ("True", "true as a string, capitalized"),
        ("FALSE", "false as a string, in upper case"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("t", "t"),
        ("y", "y"),
        ("1", "1 as a string"),
        ("0", "0 as a string"),
        (1.0, "1.0"),
        (0.0, "0.0"),
        ([True], "true in a list"),
        ({"value": True}, "true in an object"),
    )
)
