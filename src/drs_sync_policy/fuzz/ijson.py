"""I-JSON (RFC 7493) read strictly: what `json.loads` lets pass, and this project does not."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import json
from typing import Any, Final, NoReturn


class NotIJson(ValueError):
    """Bytes that are not I-JSON; the text says why."""


class TooDeep(NotIJson):
    """Nested too deeply to say whether the rest of it is I-JSON."""


def loads(body: bytes) -> Any:
    """The value of an I-JSON text; `NotIJson` says which of its demands `body` breaks."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotIJson(f"not UTF-8: byte 0x{body[error.start]:02x} at {error.start}") from None
    if text.startswith("\ufeff"):
        raise NotIJson("a byte order mark in front")
    try:
        value = _STRICT.decode(text)
    except NotIJson:
        raise
    except ValueError as error:
        raise NotIJson(f"not JSON: {error}") from None
    except RecursionError:
        raise TooDeep("nested too deeply to be read") from None
    if "\\u" in text and _has_surrogate(value):
        raise NotIJson("a lone surrogate in a string")
    return value


def clear(body: bytes) -> Any:
    """The value of a text that says clearly what it means, although it may be no I-JSON.

    It may have a byte order mark, a key twice with the same value, and something after its value;
    else `ValueError`.
    """
    text = body.decode("utf-8-sig").lstrip(_SPACE)
    return _CLEAR.raw_decode(text)[0]


def dumps(value: Any) -> bytes:
    """`value` as UTF-8 without needless spaces; lone surrogates become escapes, as they must."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotIJson(f"the key {twice!r} twice in an object")
    return found


def _agreeing(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) and not all(same(found[name], value) for name, value in pairs):
        raise NotIJson("a key with two values")
    return found


_SPACE: Final = " \t\r\n"
_CLEAR: Final = json.JSONDecoder(object_pairs_hook=_agreeing)


def _no_constant(name: str) -> NoReturn:
    raise NotIJson(f"the number {name}")


_MOST_DIGITS: Final = 4300
"""Python makes no integer of more digits; I-JSON has no limit."""
_LONG: Final = int("9" * _MOST_DIGITS)


def _integer(digits: str) -> int:
    """The integer, or one that no double holds either in the place of one too long to be made."""
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    return -_LONG if digits.startswith("-") else _LONG


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer
)


def _has_surrogate(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; `true` and 1 are not."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
