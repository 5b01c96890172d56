"""Models as JSON and back: msgspec writes them, and reads them strictly, then forgivingly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

import msgspec
from attrs import AttrsInstance, fields, has
from msgspec import UNSET

from drs_sync_policy.runtime.errors import OutsideContractError, Problem, WrongUseError
from drs_sync_policy.runtime.messages import ResponseInfo

if TYPE_CHECKING:
    from msgspec import inspect

T = TypeVar("T")

_ENCODER: Final = msgspec.json.Encoder()
_EXTRA: Final = "additional_properties"
"""Where a model keeps the fields that the contract does not describe."""
_MARK: Final = b'"additional_properties"'
NO_EXTRA: Final[dict[str, Any]] = cast("Any", UNSET)
"""The placeholder until somebody looks; it is read as an empty dict."""
_WIRES: Final[dict[object, type[msgspec.Struct]]] = {}
_DECODERS: Final[dict[object, msgspec.json.Decoder[Any]]] = {}
_RENAMED: Final[set[str]] = set()
"""Fields with another name in JSON, which msgspec cannot write from attrs classes."""


def encode(model: AttrsInstance) -> bytes:
    """The JSON of a model, in UTF-8, without the fields that are unset.

    Raises `WrongUseError` if a value cannot be written as JSON.
    """
    try:
        content = _ENCODER.encode(model)
        # Quotes within a text are escaped: what is found stands for unknown fields, or is one.
        if _RENAMED or _MARK in content:
            content = _ENCODER.encode(to_builtins(model))
        return content
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise WrongUseError.of(
            [Problem("", None, f"it cannot be written as JSON: {error}")]
        ) from None


def to_builtins(value: object) -> Any:
    """A value as plain dicts and lists, with the unknown fields that were kept."""
    if has(kind := cast("type[Any]", type(value))):
        extra = getattr(value, _EXTRA, {})
        values = ((name, getattr(value, field)) for name, field in _names(kind).items())
        known = {name: to_builtins(item) for name, item in values if item is not UNSET}
        return {**extra, **known}
    if isinstance(value, (list, tuple)):
        return [to_builtins(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: to_builtins(item) for key, item in cast("dict[str, object]", value).items()}
    return msgspec.to_builtins(value) if isinstance(value, date) else value


def shown(model: AttrsInstance) -> str:
    """The `repr` of a model, without its unset fields."""
    values = ((name, getattr(model, name)) for name in _names(type(model)).values())
    parts = [f"{name}={value!r}" for name, value in values if value is not UNSET]
    extra = getattr(model, _EXTRA)
    parts += [f"{_EXTRA}={extra!r}"] if extra else []
    return f"{type(model).__name__}({', '.join(parts)})"


def decode(
    content: bytes,
    model: type[T],
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> T:
    """The JSON body of a response as a `model`; raises `OutsideContractError` if it is not one.

    Unknown fields are kept in `additional_properties`. A null counts as a field left out if it
    may be left out. An enum accepts values that it does not list.
    """
    return settled(decode_lightly(content, model, status_code, headers))


def decode_lightly(
    content: bytes,
    model: type[T],
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> T:
    """The same as `decode`, in objects that have the fields of models and nothing else.

    A large response costs a fraction if few of its models are looked at; `settled` makes a model
    of such an object.
    """
    try:
        return read_lightly(content, model)
    except InvalidJsonError as error:
        response = ResponseInfo(status_code, headers or {}, content)
        raise OutsideContractError(str(error), response=response) from None


class InvalidJsonError(ValueError):
    """A text is not the JSON of the wanted type; the text of the error quotes no values."""


def read_lightly(content: bytes, model: type[T]) -> T:
    """A JSON text as `decode_lightly` reads it; raises `InvalidJsonError`."""
    try:
        light: T = _decoder(model).decode(content)
        return light
    except msgspec.ValidationError:
        pass  # it may only have unknown fields: the slow way decides
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError(f"it is not JSON: {_brief(error)}") from None
    try:
        return from_builtins(msgspec.json.decode(content), model)
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError(_brief(error)) from None


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
    """Plain dicts and lists as a `model`, read as forgivingly as by `decode`.

    Raises `msgspec.ValidationError`, which names the place.
    """
    try:
        return settled(cast("T", msgspec.convert(value, _WIRES[model])))
    except (KeyError, msgspec.ValidationError):
        pass  # as in `read_lightly`: the slow way decides
    # Imported where it is needed: most processes never come here.
    from msgspec.inspect import type_info

    return msgspec.convert(_tidy(value, type_info(model)), model)


Unreadable = Annotated[int, msgspec.Meta(ge=1, le=0)]
"""The type of a field that is never read the fast way: no value matches it."""


class _ExtraFields:
    """Unknown fields, in a dict that is made when it is asked for.

    Most models have none, and msgspec leaves out what is unset.
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
    """Registers `wire` as the class that `decode` reads a model through.

    Returns one setter for each described field of the frozen model, in order.
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
    """Moves unknown fields to where a model keeps them, and drops nulls of optional fields."""
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
        elif item is not None or field.required or _may_be_null(field.type):
            known[field.name] = _tidy(item, field.type)
    return {**known, _EXTRA: extra} if extra else known


def _may_be_null(kind: inspect.Type) -> bool:
    from msgspec import inspect

    return isinstance(kind, inspect.UnionType) and kind.includes_none


def _brief(error: BaseException) -> str:
    # A message of msgspec quotes no values but field names; a name may be as long as the body.
    text = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return text if len(text) <= 200 else f"{text[:200]}..."
