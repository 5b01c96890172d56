"""Parse I-JSON (RFC 7493), the format of every request body."""

from __future__ import annotations

import json
import math
import re
from itertools import accumulate
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
        _check_surrogates(body)
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
    """One pass over the brackets outside of strings; in slices, so that other threads can run."""
    if body.count(b"[") + body.count(b"{") <= _MAX_DEPTH:
        return
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NOT_STRUCTURE)
    depth, quoted = 0, 0
    for at in range(0, len(bare), _SLICE_BYTES):
        pieces = bare[at : at + _SLICE_BYTES].split(b'"')
        brackets = b"".join(pieces[quoted::2])
        quoted ^= (len(pieces) - 1) % 2
        levels = list(accumulate(map(_STEP.__getitem__, brackets), initial=depth))
        if max(levels) > _MAX_DEPTH:
            raise NotIJsonError("nested too deeply")
        depth = levels[-1]


_NOT_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{}"'))
_SLICE_BYTES: Final = 16 * 1024
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def _check_surrogates(body: bytes) -> None:
    for escape in _ESCAPES.finditer(body):
        if escape.lastgroup == "lone":
            raise NotIJsonError("a lone surrogate")


_ESCAPES: Final = re.compile(
    rb"(?:\\\\)+|(?:\\u[dD][89abAB]..\\u[dD][c-fC-F]..)+|(?P<lone>\\u[dD][89a-fA-F])"
)
