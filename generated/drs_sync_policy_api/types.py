"""How values of this API are left out, checked, written as JSON and read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar, cast
from urllib.parse import quote

import msgspec
from attrs import AttrsInstance, fields, frozen, has
from msgspec import UNSET
from msgspec import UnsetType as Unset

from .errors import InvalidRequest, Problem, UnexpectedAnswer

if TYPE_CHECKING:
    from msgspec import inspect

T = TypeVar("T")

SERVERS: Final = (
    "https://drs.eu-de.otc.t-systems.com",
    "https://drs.eu-nl.otc.t-systems.com",
    "http://127.0.0.1:8080",
)
"""The servers that the contract names."""

USER_AGENT: Final = "drs-sync-policy/0.1.0 (contract 1.0.0)"
"""Which client this is, as the header `User-Agent` says it."""

_ENCODER: Final = msgspec.json.Encoder()
_EXTRA: Final = "additional_properties"
"""Where a model keeps the fields that the contract does not describe."""
_MARK: Final = b'"additional_properties"'
NO_EXTRA: Final[dict[str, Any]] = cast("Any", UNSET)
"""What stands there until somebody asks; it is read as an empty dict."""
_WIRES: Final[dict[object, type[msgspec.Struct]]] = {}
_DECODERS: Final[dict[object, msgspec.json.Decoder[Any]]] = {}
_RENAMED: Final[set[str]] = set()
"""Fields with another name in JSON, which msgspec cannot write from attrs classes."""


@frozen
class Response(Generic[T]):
    """An answer: its status, body and headers as they came, and the body as it was read."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T


# --- JSON ---------------------------------------------------------------------------------------
def encode(model: AttrsInstance) -> bytes:
    """The JSON of a model, in UTF-8, without the fields that are unset.

    Raises `InvalidRequest` where something in it has no JSON.
    """
    try:
        content = _ENCODER.encode(model)
        # Quotes within a text are escaped: what is found stands for unknown fields, or is one.
        if _RENAMED or _MARK in content:
            content = _ENCODER.encode(to_builtins(model))
        return content
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRequest([Problem("", None, f"there is no JSON for it: {error}")]) from None


def to_builtins(value: object) -> Any:
    """A value as plain dicts and lists, fields that the contract does not describe in their place."""
    if has(kind := cast("type[Any]", type(value))):
        extra = getattr(value, _EXTRA, {})
        values = ((name, getattr(value, field)) for name, field in _names(kind).items())
        known = {name: to_builtins(item) for name, item in values if item is not UNSET}
        return {**extra, **known}
    if isinstance(value, (list, tuple)):
        return [to_builtins(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: to_builtins(item) for key, item in cast("dict[str, object]", value).items()}
    return value


def shown(model: AttrsInstance) -> str:
    """The `repr` of a model, without the fields that are unset."""
    values = ((name, getattr(model, name)) for name in _names(type(model)).values())
    parts = [f"{name}={value!r}" for name, value in values if value is not UNSET]
    extra = getattr(model, _EXTRA)
    parts += [f"{_EXTRA}={extra!r}"] if extra else []
    return f"{type(model).__name__}({', '.join(parts)})"


def decode(content: bytes, model: type[T], status_code: int = 200) -> T:
    """A JSON text as a value of the type `model`; raises `UnexpectedAnswer` where it is none.

    Fields that the contract does not describe are kept in `additional_properties`, a null for a
    field that may be left out is one left out, and an enum takes values that it does not list.
    """
    return settled(decode_lightly(content, model, status_code))


def decode_lightly(content: bytes, model: type[T], status_code: int = 200) -> T:
    """The same as `decode` says, in objects that have the fields of models and nothing else.

    It saves a large answer most of its cost where few of its models are looked at; `settled`
    makes a model of such an object.
    """
    try:
        light: T = _decoder(model).decode(content)
        return light
    except msgspec.ValidationError:
        pass  # perhaps it only says more than the contract: look closer, which takes longer
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer(status_code, content, f"it is no JSON: {_brief(error)}") from None
    try:
        return from_builtins(msgspec.json.decode(content), model)
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer(status_code, content, _brief(error)) from None


def settled(light: T) -> T:
    """The model for what `decode_lightly` read; a model stays what it is."""
    if isinstance(light, msgspec.Struct):
        model: T = cast("Any", light).as_model()
        return model
    return light


def _decoder(model: type[T]) -> msgspec.json.Decoder[Any]:
    decoder = _DECODERS.get(model)
    if decoder is None:
        decoder = _DECODERS[model] = msgspec.json.Decoder(_WIRES[model])
    return decoder


def from_builtins(value: object, model: type[T]) -> T:
    """Plain dicts and lists as a value of the type `model`, as forgiving as `decode`.

    Raises `msgspec.ValidationError`, which names the place.
    """
    try:
        return settled(cast("T", msgspec.convert(value, _WIRES[model])))
    except (KeyError, msgspec.ValidationError):
        pass  # as in `decode_lightly`: msgspec looks through a whole class for each closer look
    # Imported where it is needed: most processes never come here.
    from msgspec.inspect import type_info

    return msgspec.convert(_tidy(value, type_info(model)), model)


Unreadable = Annotated[int, msgspec.Meta(ge=1, le=0)]
"""The type of what is never read the fast way: no value has it."""


class _ExtraFields:
    """Fields that the contract does not describe, in a dict that is made when it is asked for.

    Most models have none, and msgspec passes over what is unset.
    """

    def __init__(self, slot: Any) -> None:
        self._slot = slot

    def __get__(self, model: object, owner: object = None) -> Any:
        if model is None:
            return self
        try:
            extra: Any = self._slot.__get__(model)
        except AttributeError:  # it was read by `as_model`, which sets what the contract describes
            extra = UNSET
        if extra is UNSET:
            extra = dict[str, Any]()
            self._slot.__set__(model, extra)
        return extra

    def __set__(self, model: object, extra: object) -> None:
        self._slot.__set__(model, extra)


def bind(model: Any, wire: type[msgspec.Struct]) -> tuple[Callable[[object, object], None], ...]:
    """Lets `decode` read a model as `wire`, whose `as_model` makes it.

    Returns what sets each described field of a frozen model that is being made, in their order.
    """
    names = _names(model)
    _RENAMED.update(field for name, field in names.items() if name != field)
    setattr(model, _EXTRA, _ExtraFields(getattr(model, _EXTRA)))
    _WIRES[model] = wire
    return tuple(getattr(model, field).__set__ for field in names.values())


@cache
def _names(model: type[Any]) -> Mapping[str, str]:
    """The fields of a model that the contract describes, by the names that they have in JSON."""
    described = [field for field in fields(model) if field.name != _EXTRA]
    return {field.metadata.get("name", field.name): field.name for field in described}


@cache
def _described(model: Any) -> Mapping[str, inspect.Field]:
    """What msgspec knows of the fields that the contract describes, by their names in JSON."""
    from msgspec import inspect

    kind = cast("inspect.DataclassType", inspect.type_info(model))
    kinds = {field.name: field for field in kind.fields}
    return {name: kinds[field] for name, field in _names(model).items()}


def _tidy(value: object, kind: inspect.Type) -> object:
    """Puts unknown fields where a model keeps them, and drops nulls that stand for nothing."""
    if not isinstance(value, (dict, list)):
        return value
    from msgspec import inspect

    match kind:
        case inspect.DataclassType() if isinstance(value, dict):
            return _tidy_object(cast("dict[str, object]", value), _described(kind.cls))
        case inspect.ListType() if isinstance(value, list):
            return [_tidy(item, kind.item_type) for item in cast("list[object]", value)]
        case inspect.UnionType():
            tidied: object = cast("object", value)
            for member in kind.types:
                tidied = _tidy(tidied, member)
            return tidied
        case _:
            return cast("object", value)


def _tidy_object(
    value: Mapping[str, object], described: Mapping[str, inspect.Field]
) -> dict[str, object]:
    known: dict[str, object] = {}
    extra: dict[str, object] = {}
    for name, item in value.items():
        field = described.get(name)
        if field is None:
            extra[name] = item
        elif item is not None or field.required:
            known[field.name] = _tidy(item, field.type)
    return {**known, _EXTRA: extra} if extra else known


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
        yield Problem(at, value, _mismatch(rules["pattern"]))


def _mismatch(pattern: str) -> str:
    """What is wrong where a pattern does not match: in words where it only lists characters."""
    listed = re.fullmatch(r"\^\[([^\]\\^]+)\]\+\$", pattern)
    if listed is None:
        return f"it does not match {pattern}"
    return f"each of its characters must be one of {' '.join(re.findall(r'.-.|.', listed[1]))}"


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
        items = cast("list[Any]", value)
        index = model.first_unsound(items)
        while index < len(items):
            yield from check_model(items[index], model, f"{at}[{index}]")
            index = model.first_unsound(items, index + 1)


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
    from difflib import get_close_matches

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
    "object": ("an object", lambda value: isinstance(value, dict) or has(type(value))),
    "null": ("null", lambda value: value is None),
}

__all__ = [
    "NO_EXTRA",
    "SERVERS",
    "UNSET",
    "USER_AGENT",
    "Response",
    "Rules",
    "Unreadable",
    "Unset",
    "bind",
    "check",
    "check_model",
    "check_models",
    "decode",
    "decode_lightly",
    "encode",
    "from_builtins",
    "path_segment",
    "require",
    "settled",
    "shown",
    "to_builtins",
]
