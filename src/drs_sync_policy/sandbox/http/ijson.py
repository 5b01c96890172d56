"""Parse I-JSON (RFC 7493), the format of every request body."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_MAX_DIGITS: Final = 308
"""Every integer with more digits than this lies outside the double range."""

_MAX_DEPTH: Final = 512
"""Ignored fields may nest; deeper nesting is rejected before anything recurses."""


class NotIJsonError(ValueError):
    """The bytes are not I-JSON; the text names the violated rule."""


def parse(body: bytes) -> Any:
    """The value of `body`.

    Raises `NotIJsonError` if it is not I-JSON (rule body-must-be-i-json), and also for numbers
    outside the double range and for nesting beyond 512 levels.
    """
    _check_depth(body)
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotIJsonError("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise NotIJsonError(f"{error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise NotIJsonError("nested too deeply") from error
    if _SURROGATE_ESCAPE.search(body):
        _check_surrogates(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotIJsonError("a key appears twice in an object")
    return value


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise NotIJsonError("a number is outside the double range")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NotIJsonError("a number is outside the double range")
    return value


def _constant(text: str) -> NoReturn:
    raise NotIJsonError(f"`{text}` is not a JSON number")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)


def _check_depth(body: bytes) -> None:
    # Peels one level off per round, in C: a batch is wide and shallow, so the rounds are few.
    if body.count(b"[") + body.count(b"{") <= _MAX_DEPTH:
        return
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NOT_STRUCTURE)
    bare = _STRING.sub(b"", bare)
    for _ in range(_MAX_DEPTH):
        peeled = bare.replace(b"[]", b"").replace(b"{}", b"")
        if peeled == bare:
            return
        bare = peeled
    raise NotIJsonError("nested too deeply")


_NOT_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{}"'))
_STRING: Final = re.compile(rb'"[^"]*"')


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotIJsonError("a lone surrogate") from error
    except RecursionError as error:
        raise NotIJsonError("nested too deeply") from error
