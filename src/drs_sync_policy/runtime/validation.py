"""Values checked against the contract's constraints before they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final, cast
from urllib.parse import quote

from attrs import has
from msgspec import UNSET

from drs_sync_policy.runtime.errors import Problem, WrongUseError
from drs_sync_policy.text import counted, did_you_mean, listed

LONE_SURROGATE: Final = "half of a surrogate pair, which UTF-8 cannot encode"
"""What is wrong with a text that no request can hold."""

Rules = Mapping[str, Any]
"""The keywords of a JSON Schema that a value is checked against."""


def check(value: object, rules: Rules, at: str, edition: str | None = None) -> Iterator[Problem]:
    """The problems of a value at the place `at`; nothing if it is valid.

    With an `edition` of the contract, fields of other editions are problems.
    """
    if value is UNSET:
        return
    editions = rules.get("editions")
    if edition and editions and edition not in editions:
        others = listed(editions, last="and")
        message = f"the edition `{edition}` does not have this field; {others} has it"
        yield Problem(at, value, f"{message}: choose it with `edition`")
        return
    if "type" in rules:
        types: Sequence[str] = rules["type"]
        kinds = [_KINDS[name] for name in ([types] if isinstance(types, str) else types)]
        if not any(is_kind(value) for _, is_kind in kinds):
            needed = " or ".join(name for name, _ in kinds)
            yield Problem(at, value, f"it must be {needed}, not {_kind_of(value)}")
            return
    if "enum" in rules and value not in rules["enum"]:
        yield _not_listed(value, rules["enum"], at)
    elif isinstance(value, (str, date)):
        yield from _check_text(value, rules, at)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _check_number(value, rules, at)
    elif isinstance(value, (list, tuple)):
        yield from _check_list(cast("list[object]", value), rules, at)
    elif isinstance(value, dict):
        yield from _check_object(cast("Mapping[str, object]", value), rules, at)


def _check_text(value: str | date, rules: Rules, at: str) -> Iterator[Problem]:
    if rules.get("format") in _FORMATS:
        if problem := _FORMATS[rules["format"]](value):
            yield Problem(at, value, problem)
    elif isinstance(value, date):
        yield Problem(at, value, f"it must be a string, not {_kind_of(value)}")
    if isinstance(value, date):
        return
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        yield Problem(at, value, f"it has {LONE_SURROGATE}")
    if len(value) < rules.get("minLength", 0):
        least = f"it must have at least {counted(rules['minLength'], 'character')}"
        yield Problem(at, value, least if value else "it must not be empty")
    if len(value) > rules.get("maxLength", len(value)):
        yield Problem(at, value, _at_most(rules["maxLength"], "character", len(value)))
    if "pattern" in rules and not _pattern(rules["pattern"]).search(value):
        yield Problem(at, value, _mismatch(rules["pattern"]))


def _at_most(most: int, unit: str, found: int) -> str:
    return f"it must have at most {counted(most, unit)}, not {found:,}"


def _mismatch(pattern: str) -> str:
    """The message for a value that a pattern does not match, in words if it lists characters."""
    characters = re.fullmatch(r"\^\[(\^?)((?:[^\]\\^]|\\\\)+)\][*+]\$", pattern)
    if characters is None:
        return f"it must match {pattern}"
    listed = re.findall(r".-.|.", characters[2].replace("\\\\", "\\"))
    ranges = [_range_in_words(one) for one in listed if len(one) > 1 and not one.isascii()]
    single = " ".join(one for one in listed if len(one) == 1 or one.isascii())
    shown = " or ".join([single, *ranges] if single else ranges)
    if characters[1]:
        return f"it must not have any of the characters {shown}"
    return f"each of its characters must be one of {shown}"


def _range_in_words(characters: str) -> str:
    """A range of characters that few readers know, such as `一-鿿`."""
    name = {"一-鿿": "the Chinese characters"}.get(characters, "the characters")
    return f"{name} from U+{ord(characters[0]):04X} to U+{ord(characters[2]):04X}"


def _check_number(value: float, rules: Rules, at: str) -> Iterator[Problem]:
    if value < rules.get("minimum", value):
        yield Problem(at, value, f"it must be at least {rules['minimum']}")
    if value > rules.get("maximum", value):
        yield Problem(at, value, f"it must be at most {rules['maximum']}")
    if "exclusiveMinimum" in rules and value <= rules["exclusiveMinimum"]:
        yield Problem(at, value, f"it must be more than {rules['exclusiveMinimum']}")
    if "exclusiveMaximum" in rules and value >= rules["exclusiveMaximum"]:
        yield Problem(at, value, f"it must be less than {rules['exclusiveMaximum']}")
    if "multipleOf" in rules and value % rules["multipleOf"]:
        yield Problem(at, value, f"it must be a multiple of {rules['multipleOf']}")


def _check_list(value: list[object], rules: Rules, at: str) -> Iterator[Problem]:
    if len(value) < rules.get("minItems", 0):
        yield Problem(at, value, f"it must have at least {counted(rules['minItems'], 'item')}")
    if len(value) > rules.get("maxItems", len(value)):
        yield Problem(at, value, _at_most(rules["maxItems"], "item", len(value)))
    if rules.get("uniqueItems") and len({repr(item) for item in value}) < len(value):
        yield Problem(at, value, "it has an item twice")
    if "items" in rules:
        for index, item in enumerate(value):
            yield from check(item, rules["items"], f"{at}[{index}]")


def _check_object(value: Mapping[str, object], rules: Rules, at: str) -> Iterator[Problem]:
    for name in rules.get("required", ()):
        if name not in value:
            yield Problem(at, value, f"the field `{name}` is missing")
    properties: Mapping[str, Rules] = rules.get("properties", {})
    for name, item in value.items():
        yield from check(item, properties.get(name, {}), f"{at}.{name}")


def check_model(
    value: object, model: type[Any], at: str, edition: str | None = None
) -> Iterator[Problem]:
    """The problems of a value that must be a `model`."""
    if value is UNSET:
        return
    if isinstance(value, model):
        yield from cast("Any", value).problems(at, edition)
    else:
        yield Problem(at, value, f"it must be a `{model.__name__}`, not {_kind_of(value)}")


def check_models(
    value: object, model: type[Any], rules: Rules, at: str, edition: str | None = None
) -> Iterator[Problem]:
    """The problems of a value that must be a list of `model`."""
    yield from check(value, rules, at, edition)
    if isinstance(value, (list, tuple)):
        items = cast("list[Any]", value)
        index = model.first_doubtful(items)
        while index < len(items):
            yield from check_model(items[index], model, f"{at}[{index}]", edition)
            index = model.first_doubtful(items, index + 1)


def require(problems: Iterator[Problem]) -> None:
    """Raises `WrongUseError` with all the problems, if there are any."""
    found = list(problems)
    if found:
        raise WrongUseError.of(found)


def path_segment(value: str) -> str:
    """A value as one segment of a path; raises `WrongUseError` if it would change the path."""
    if value in ("", ".", ".."):
        raise WrongUseError.of([Problem("path", value, "it would change the path")])
    return quote(value, safe="")


def _not_listed(value: object, valid: tuple[object, ...], at: str) -> Problem:
    choices = tuple(str(choice) for choice in valid)
    hint = did_you_mean(value, choices) if len(choices) > 1 else ""
    return Problem(at, value, f"it must be {listed(choices)}{hint}", choices)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # ECMA's `$` is the end; Python's is also before a newline that ends the text.
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", pattern))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, float) or _is_integer(value)


def _kind_of(value: object) -> str:
    return _NAMES.get(type(value), f"`{type(value).__name__}`")


def _no_date_time(value: object) -> str:
    """What is wrong with a value of `format: date-time` (RFC 3339), in words."""
    if isinstance(value, datetime):
        return "" if value.tzinfo else "it must have a time zone, as in datetime(..., tzinfo=UTC)"
    if isinstance(value, str) and _DATE_TIME.fullmatch(value) and _is_iso(datetime, value):
        return ""
    return "it must be a date and time with a time zone, such as 2030-01-31T02:00:00Z"


def _no_date(value: object) -> str:
    if isinstance(value, str):
        valid = bool(_DATE.fullmatch(value)) and _is_iso(date, value)
    else:
        valid = not isinstance(value, datetime)
    return "" if valid else "it must be a date, such as 2030-01-31"


def _is_iso(kind: type[date], value: str) -> bool:
    try:
        kind.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_TIME: Final = re.compile(
    _DATE.pattern + r"[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_FORMATS: Final[Mapping[str, Callable[[object], str]]] = {
    "date-time": _no_date_time,
    "date": _no_date,
}

_NAMES: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    date: "a date",
    datetime: "a date and time",
}
"""What JSON calls a value; its Python type is shown for others."""


_KINDS: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "string": ("a string", lambda value: isinstance(value, (str, date))),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("an integer", _is_integer),
    "number": ("a number", _is_number),
    "array": ("a list", lambda value: isinstance(value, (list, tuple))),
    "object": ("an object", lambda value: isinstance(value, dict) or has(type(value))),
    "null": ("null", lambda value: value is None),
}
