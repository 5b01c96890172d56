"""How values of this API are left out, checked, written as JSON and read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, Generic, TypeVar, cast
from urllib.parse import quote

import msgspec
from attrs import frozen
from msgspec import UNSET
from msgspec import UnsetType as Unset

from .errors import InvalidRequest, Problem, UnexpectedAnswer

T = TypeVar("T")

EXTRA: Final = "\uffff"
"""Under this name a model keeps fields that the contract does not describe, while msgspec works on
it: a noncharacter, which no I-JSON object may have as a key (RFC 7493, section 2.1)."""

_ENCODER: Final = msgspec.json.Encoder()
_MARK: Final = EXTRA.encode()
_DECODERS: Final[dict[object, msgspec.json.Decoder[Any]]] = {}


@frozen
class Response(Generic[T]):
    """An answer: its status, body and headers as they came, and the body as it was read."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T


# --- JSON ---------------------------------------------------------------------------------------
def encode(model: msgspec.Struct) -> bytes:
    """The JSON of a model, in UTF-8, without the fields that are unset.

    Raises `InvalidRequest` where something in it has no JSON.
    """
    try:
        content = _ENCODER.encode(model)
        # One byte is looked for first, which is many times as fast.
        marked = _MARK[:1] in content and _MARK in content
        return _ENCODER.encode(to_builtins(model)) if marked else content
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRequest([Problem("", None, f"there is no JSON for it: {error}")]) from None


def to_builtins(value: object) -> Any:
    """A value as plain dicts and lists, fields that the contract does not describe in their place."""
    if isinstance(value, msgspec.Struct):
        extra = getattr(value, "additional_properties", {})
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        fields = {name: getattr(value, field) for name, field in names if name != EXTRA}
        known = {name: to_builtins(item) for name, item in fields.items() if item is not UNSET}
        return {**extra, **known}
    if isinstance(value, (list, tuple)):
        return [to_builtins(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: to_builtins(item) for key, item in cast("dict[str, object]", value).items()}
    return value


def decode(content: bytes, model: type[T], status_code: int = 200) -> T:
    """A JSON text as a value of the type `model`; raises `UnexpectedAnswer` where it is none.

    Fields that the contract does not describe are kept in `additional_properties`, a null for a
    field that may be left out is one left out, and an enum takes values that it does not list.
    """
    try:
        return _decoder(model).decode(content)
    except msgspec.ValidationError:
        pass  # perhaps it only says more than the contract: look closer, which takes longer
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer(status_code, content, f"it is no JSON: {_brief(error)}") from None
    try:
        return from_builtins(msgspec.json.decode(content), model)
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer(status_code, content, _brief(error)) from None


def from_builtins(value: object, model: type[T]) -> T:
    """Plain dicts and lists as a value of the type `model`, as forgiving as `decode`.

    Raises `msgspec.ValidationError`, which names the place.
    """
    return msgspec.convert(_tidy(value, msgspec.inspect.type_info(model)), model)


def _decoder(model: type[T]) -> msgspec.json.Decoder[T]:
    decoder = _DECODERS.get(model)
    if decoder is None:
        decoder = _DECODERS[model] = msgspec.json.Decoder(model)
    return decoder


def _tidy(value: object, kind: msgspec.inspect.Type) -> object:
    """Moves unknown fields under `EXTRA` and drops nulls that stand for nothing."""
    match kind:
        case msgspec.inspect.UnionType():
            for member in kind.types:
                value = _tidy(value, member)
        case msgspec.inspect.StructType() if isinstance(value, dict):
            return _tidy_object(cast("dict[str, object]", value), kind)
        case msgspec.inspect.ListType() if isinstance(value, list):
            return [_tidy(item, kind.item_type) for item in cast("list[object]", value)]
        case _:
            pass
    return value


def _tidy_object(
    value: Mapping[str, object], kind: msgspec.inspect.StructType
) -> dict[str, object]:
    fields = {field.encode_name: field for field in kind.fields if field.encode_name != EXTRA}
    known: dict[str, object] = {}
    extra: dict[str, object] = {}
    for name, item in value.items():
        if name not in fields:
            extra[name] = item
        elif item is not None or fields[name].required:
            known[name] = _tidy(item, fields[name].type)
    return {**known, EXTRA: extra} if extra else known


def _brief(error: BaseException) -> str:
    # A message of msgspec quotes no values but field names; a name may be as long as the body.
    text = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return text if len(text) <= 200 else f"{text[:200]}..."


# --- checks before sending ----------------------------------------------------------------------
Rules = Mapping[str, Any]
"""The keywords of a JSON Schema that a value is checked by."""


def check(value: object, rules: Rules, at: str) -> Iterator[Problem]:
    """What is wrong with a value that is about to be sent at the place `at`; nothing if it is fine."""
    if value is UNSET:
        return
    if isinstance(rules.get("type"), str):
        needed, is_kind = _KINDS[rules["type"]]
        if not is_kind(value):
            yield Problem(at, value, f"{needed} is needed, not {_kind_of(value)}")
            return
    if "enum" in rules and value not in rules["enum"]:
        yield _not_listed(value, rules["enum"], at)
    elif isinstance(value, str):
        yield from _check_text(value, rules, at)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _check_number(value, rules, at)
    elif isinstance(value, (list, tuple)):
        yield from _check_list(cast("list[object]", value), rules, at)


def _check_text(value: str, rules: Rules, at: str) -> Iterator[Problem]:
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        yield Problem(at, value, "it has a lone surrogate, which has no UTF-8")
    if len(value) < rules.get("minLength", 0):
        least = rules["minLength"]
        yield Problem(at, value, "it is empty" if not value else f"at least {least} characters")
    if len(value) > rules.get("maxLength", len(value)):
        yield Problem(at, value, f"at most {rules['maxLength']} characters, not {len(value)}")
    if "pattern" in rules and not _pattern(rules["pattern"]).search(value):
        yield Problem(at, value, f"it does not match {rules['pattern']}")


def _check_number(value: float, rules: Rules, at: str) -> Iterator[Problem]:
    if value < rules.get("minimum", value):
        yield Problem(at, value, f"at least {rules['minimum']}")
    if value > rules.get("maximum", value):
        yield Problem(at, value, f"at most {rules['maximum']}")
    if "exclusiveMinimum" in rules and value <= rules["exclusiveMinimum"]:
        yield Problem(at, value, f"more than {rules['exclusiveMinimum']}")
    if "exclusiveMaximum" in rules and value >= rules["exclusiveMaximum"]:
        yield Problem(at, value, f"less than {rules['exclusiveMaximum']}")
    if "multipleOf" in rules and value % rules["multipleOf"]:
        yield Problem(at, value, f"a multiple of {rules['multipleOf']}")


def _check_list(value: list[object], rules: Rules, at: str) -> Iterator[Problem]:
    if len(value) < rules.get("minItems", 0):
        yield Problem(at, value, f"at least {rules['minItems']} item, not {len(value)}")
    if len(value) > rules.get("maxItems", len(value)):
        yield Problem(at, value, f"at most {rules['maxItems']} items, not {len(value)}")
    if rules.get("uniqueItems") and len({repr(item) for item in value}) < len(value):
        yield Problem(at, value, "an item stands in it twice")
    if "items" in rules:
        for index, item in enumerate(value):
            yield from check(item, rules["items"], f"{at}[{index}]")


def check_model(value: object, model: type[Any], at: str) -> Iterator[Problem]:
    """What is wrong with a value that has to be a `model`."""
    if value is UNSET:
        return
    if isinstance(value, model):
        yield from cast("Any", value).problems(at)
    else:
        yield Problem(at, value, f"a `{model.__name__}` is needed, not {_kind_of(value)}")


def check_models(value: object, model: type[Any], rules: Rules, at: str) -> Iterator[Problem]:
    """What is wrong with a value that has to be a list of `model`."""
    yield from check(value, rules, at)
    if isinstance(value, (list, tuple)):
        items: list[Any] = cast("list[Any]", value)
        for index, item in enumerate(items):
            if type(item) is not model or not item.is_sound():
                yield from check_model(item, model, f"{at}[{index}]")


def require(problems: Iterator[Problem]) -> None:
    """Raises `InvalidRequest` with all the problems, if there are any."""
    found = list(problems)
    if found:
        raise InvalidRequest(found)


def path_segment(value: str) -> str:
    """A value as one segment of a path; refuses those that would change the path."""
    if value in ("", ".", ".."):
        raise InvalidRequest([Problem("path", value, "as part of a path it leads elsewhere")])
    return quote(value, safe="")


def _not_listed(value: object, listed: tuple[object, ...], at: str) -> Problem:
    choices = tuple(str(choice) for choice in listed)
    near = get_close_matches(str(value).lower(), choices, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return Problem(at, value, f"choose one of {', '.join(map(repr, choices))}{hint}", choices)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # ECMA's `$` is the end; Python's is also before a newline that ends the text.
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", pattern))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, float) or _is_integer(value)


def _kind_of(value: object) -> str:
    return "null" if value is None else f"`{type(value).__name__}`"


_KINDS: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("an integer", _is_integer),
    "number": ("a number", _is_number),
    "array": ("a list", lambda value: isinstance(value, (list, tuple))),
    "object": ("an object", lambda value: isinstance(value, (dict, msgspec.Struct))),
    "null": ("null", lambda value: value is None),
}

__all__ = [
    "EXTRA",
    "UNSET",
    "Response",
    "Rules",
    "Unset",
    "check",
    "check_model",
    "check_models",
    "decode",
    "encode",
    "from_builtins",
    "path_segment",
    "require",
    "to_builtins",
]
