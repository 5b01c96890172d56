"""Values right and wrong for a schema: of every other type, and near misses of each right one.

Candidates come from the schema, and the schema's own validator says which of them are right. So a
new field of the contract gets all of this without a line of Python.
"""

# ruff: noqa: E501 - tables read better in long lines
# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

import copy
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Literal

import jsonschema_rs
from attrs import frozen

from drs_sync_policy.contract import Contract

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
        self._validator = jsonschema_rs.validator_for(contract.standalone(self.node))

    def accepts(self, value: Any) -> bool:
        """Whether `value` is right."""
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
        return self.types == ("string",) and all(map(self.accepts, ("", "\0", "x" * 5000, "é ")))

    @cached_property
    def _right(self) -> tuple[Any, ...]:
        node = self.node
        found = [*node.get("enum", ()), *node.get("examples", ())]
        if "const" in node:
            found.append(node["const"])
        found += [entry for name in self.types for entry in _SIMPLE[name]]
        found += list(_near_bounds(node))
        unique: dict[str, Any] = {}
        for value in found:
            if self.accepts(value):
                unique.setdefault(f"{type(value).__name__}{value!r}", value)
        return tuple(unique.values())[: max(len(node.get("enum", ())), 4)]

    def right(self) -> list[Any]:
        """A few right values, two at least where there are so many; the simplest first."""
        return copy.deepcopy(list(self._right))

    def wrong(self) -> list[Value]:
        """Every wrong value to be tried in this place, each once."""
        candidates = [*_OF_EVERY_TYPE, *self._near_misses()]
        unique: dict[str, Value] = {}
        for value in candidates:
            if not self.accepts(value.value):
                unique.setdefault(f"{type(value.value).__name__}{value.value!r}", value)
        return list(unique.values())

    def _near_misses(self) -> Iterator[Value]:
        if "boolean" in self.types:
            yield from _SPELLINGS_OF_TRUTH
        if "integer" in self.types or "number" in self.types:
            for right in self.right():
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


def _other_enums(contract: Contract) -> Iterator[str]:
    """The values of every other enum of the contract."""
    for schema in contract.document.get("components", {}).get("schemas", {}).values():
        for value in schema.get("enum", ()):
            if isinstance(value, str):
                yield value


def near_misses(right: str) -> Iterator[Value]:
    """Texts that a careless comparison takes for `right`."""
    spellings: Iterable[tuple[str, str]] = (
        (right.upper(), "in upper case"),
        (right.capitalize(), "capitalized"),
        (right.title(), "in title case"),
        (_last_part_upper(right), "its last part in upper case"),
        (right[:-1] + right[-1:].upper(), "its last letter in upper case"),
        (f" {right}", "with a space before it"),
        (f"{right} ", "with a space after it"),
        (f"{right}\n", "with a line feed after it"),
        (f"\t{right}", "with a tab before it"),
        (f"{right}\0", "with NUL after it"),
        (f"\ufeff{right}", "with a byte order mark before it"),
        (f"{right[:1]}\u200b{right[1:]}", "with a zero-width space in it"),
        (f"{right}\u0301", "with a combining accent after it"),
        (_fullwidth(right), "in full-width letters"),
        (_homoglyph(right), "with a letter that folds to another"),
        (right[:-1], "its last letter missing"),
        (right[1:], "its first letter missing"),
        (right[:1], "its first letter alone"),
        (f"{right}s", "with a letter more"),
        (f"x{right}", "with a letter before it"),
        (f"{right}x", "with a letter after it"),
        (right.replace("_", "-"), "with `-` for `_`"),
        (right.replace("_", " "), "with a space for `_`"),
        (right.replace("_", ""), "without `_`"),
        (right.replace("-", "_"), "with `_` for `-`"),
        (right.replace("-", " "), "with a space for `-`"),
        (right.replace("-", ""), "without `-`"),
        (right.replace("-", "."), "with a dot for `-`"),
        (f"{right}-x", "with another part behind"),
        (f"{right};q=1", "with a weight"),
        (f"{right}, x", "in a list with another"),
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
    if "format" in node:
        yield Value("not-it", f"no {node['format']}", "edge")


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
    Value("null", "the string null", "near"),
    Value("none", "the string none", "near"),
    Value([], "an empty list", "type"),
    Value({}, "an empty object", "type"),
    Value([None], "a list with null", "type"),
    Value("x" * 20_000, "a string of 20000 letters", "edge"),
    Value("\0", "NUL", "edge"),
    Value("\U0001f600", "an emoji", "edge"),
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


def texts() -> Iterator[tuple[str, str]]:
    """Texts of every class that servers stumble over, each with what it is. All are I-JSON."""
    yield from _TEXTS
    for name in ("NFC", "NFD", "NFKC"):
        text = unicodedata.normalize(name, "e\u0301\u212bﬁ한")
        yield text, f"text in {name}"


_TEXTS: Final = (
    ("x", "one letter"),
    ("0", "a digit"),
    ("007", "digits with zeros in front"),
    ("1e3", "a number in exponent form"),
    ("true", "the word true"),
    ("null", "the word null"),
    ("None", "the word None"),
    ("undefined", "the word undefined"),
    ("NaN", "the word NaN"),
    (" ", "one space"),
    (" x", "a space in front"),
    ("x ", "a space behind"),
    ("x  y", "two spaces within"),
    ("\t", "a tab"),
    ("x\n", "a line feed behind"),
    ("x\r\ny: z", "a line break as in a header"),
    ("\0", "NUL alone"),
    ("x\0y", "NUL within"),
    ("x\0", "NUL behind"),
    ("\x01\x02\x1f\x7f", "control characters"),
    ("\x1b[31mred", "a terminal escape"),
    ("\x85\u2028\u2029", "line separators of Unicode"),
    ("'", "a single quote"),
    ('"', "a double quote"),
    ("\\", "a backslash"),
    ("\\u0041\\n", "escapes, escaped"),
    ("`$(id)`", "a shell substitution"),
    ("'; DROP TABLE jobs; --", "an SQL injection"),
    ("' OR '1'='1", "an SQL condition"),
    ("%", "a percent sign"),
    ("100%", "a percent sign at the end"),
    ("%s%d%n%x", "format directives of C"),
    ("%(name)s", "a format directive of Python"),
    ("{0} {name} {}", "braces of a format"),
    ("{{7*7}} ${7*7} <%= 7 %>", "template expressions"),
    ("%00%2e%2F", "percent escapes"),
    ("_", "the wildcard _"),
    ("*?[a]", "wildcards"),
    ("../../etc/passwd", "a path"),
    ("/", "a slash"),
    ("a/b", "a slash within"),
    (".", "a dot"),
    ("..", "two dots"),
    ("C:\\x", "a path of Windows"),
    ("file:///x", "a URL"),
    ("<script>alert(1)</script>", "HTML"),
    ("&amp;", "an entity"),
    ("<!--", "a comment of HTML"),
    ("]]>", "the end of CDATA"),
    ("$ref", "the word $ref"),
    ("$gt", "an operator of a database"),
    ("__proto__", "the word __proto__"),
    ("constructor", "the word constructor"),
    ("toString", "the word toString"),
    ("=1+1", "a formula"),
    ("a" * 40 + "!", "letters, then a sign"),
    (" " * 40 + "x", "spaces, then a letter"),
    ("1e309", "a number beyond the doubles"),
    ("-1", "a negative number"),
    ("0x1F", "a hexadecimal number"),
    ("2027-02-30", "a date that does not exist"),
    ("[]", "an empty list as text"),
    ('{"a": 1}', "JSON as text"),
    ("AAAA====", "something like base64"),
    ("xn--a", "something like punycode"),
    ("\r", "a carriage return"),
    ("\x7f", "DEL"),
    ("\u00ad", "a soft hyphen"),
    ("\u00a0x\u00a0", "no-break spaces around a letter"),
    ("\u3000x\u3000", "ideographic spaces around a letter"),
    ("\ufeffx", "a byte order mark in front"),
    ("\U000e0041", "a tag character"),
    (",;|", "separators"),
    ("äöüß", "letters of Latin-1"),
    ("İıſK", "letters that fold oddly"),
    ("ﬁ①Ⅷ", "letters of compatibility"),
    ("任务", "Chinese"),
    ("日本語テキスト", "Japanese"),
    ("Ελλάδα", "Greek"),
    ("\u0627\u0644\u0639", "Arabic"),
    ("\u202etxet", "a bidirectional override"),
    ("\u200b\u200d\ufeff", "characters without width"),
    ("x\ufeff", "a byte order mark within"),
    ("e\u0301", "a combining accent"),
    ("\u00e9", "the same, precomposed"),
    ("Z\u0351\u0329\u0340", "stacked accents"),
    ("\U0001f600", "an emoji"),
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "an emoji of several code points"),
    ("\U00010000\U0010ffff", "the first and last code point beyond the basic plane"),
    ("\uffff\ufdd0\ufffe", "noncharacters"),
    ("\ufffd", "the replacement character"),
    ("\ue000", "a private character"),
)

LENGTHS: Final = (
    2, 31, 32, 33, 35, 36, 37, 40, 41, 50, 51, 63, 64, 65, 99, 100, 101, 127, 128, 129, 199, 200,
    201, 254, 255, 256, 257, 499, 500, 501, 511, 512, 513, 999, 1000, 1001, 1023, 1024, 1025, 1999,
    2000, 2001, 2047, 2048, 2049, 3999, 4000, 4001, 4095, 4096, 4097, 8191, 8192, 8193, 9999, 10000,
    10001, 16383, 16384, 16385, 32767, 32768, 65535, 65536, 65537, 100000, 131072, 262144, 500000,
)  # fmt: skip
"""Around every customary limit of a text, in characters."""

SIZES: Final = (
    1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 15, 16, 17, 20, 21, 25, 26, 30, 31, 32, 33, 40, 41, 50, 51, 60, 61,
    63, 64, 65, 80, 81, 99, 100, 101, 127, 128, 129, 150, 151, 200, 201, 250, 251, 255, 256, 257, 300,
    301, 400, 401, 500, 501, 511, 512, 513, 750, 999, 1000, 1001, 1023, 1024, 1025, 2000, 2001, 2049,
    4097, 5001, 10001, 16000,
)  # fmt: skip
"""Around every customary limit of a batch, in items."""
