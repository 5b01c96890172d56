"""Faults of reading JSON: texts that are not I-JSON and pass."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.fault import Fault, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    crashes_instead,
    reads,
    stages,
)
from drs_sync_policy.sandbox.pipeline import Parse, Pipeline
from drs_sync_policy.sandbox.rejection import Rejection

_SURROGATES: Final = re.compile(
    rb"(\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""A pair of escapes, as its group, or a lone one."""


def _from_utf_16(body: bytes) -> bytes:
    return body.decode("utf-16").encode() if body[:2] in (b"\xff\xfe", b"\xfe\xff") else body


def _parsed_by(lenient: Callable[[bytes], Any]) -> Seam:
    def replace(inner: Pipeline) -> Parse:
        def parse(body: bytes) -> Any:
            try:
                return inner.parse(body)
            except Rejection:
                return _encodable(lenient, body)

        return parse

    return stages(parse=replace)


def _encodable(parse: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        value = parse(body)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise rejection.not_i_json("not even nearly") from error
    return value


def _first_value(body: bytes) -> Any:
    decoder = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    return decoder.raw_decode(body.decode())[0]


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key appears twice")
    return dict(pairs)


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "body-must-be-i-json",
        ("bom-skipped", "A byte order mark is skipped.",
         reads(lambda body: body.removeprefix(b"\xef\xbb\xbf"))),
        ("utf-16-read", "A body in UTF-16 is accepted.", reads(_from_utf_16)),
        ("invalid-utf-8-replaced", "Bytes that are not UTF-8 are replaced.",
         reads(lambda body: body.decode("utf-8", "replace").encode())),
        ("trailing-commas-read", "A comma before a closing bracket is skipped.",
         reads(lambda body: re.sub(rb",(\s*[\]}])", rb"\1", body))),
        ("comments-read", "Comments are skipped.",
         reads(lambda body: re.sub(rb"/\*.*?\*/|//[^\n\"]*\n?", b"", body))),
        ("trailing-data-read", "What follows the document is skipped.", _parsed_by(_first_value)),
        ("doubled-keys-read", "If a key appears twice, the last value is used.",
         _parsed_by(lambda body: json.loads(body, parse_constant=_no_constant))),
        ("nan-read", "`NaN` and `Infinity` are accepted.",
         _parsed_by(lambda body: json.loads(body, object_pairs_hook=_no_duplicates))),
        ("lone-surrogates-replaced", "Lone surrogates are replaced.",
         reads(lambda body: _SURROGATES.sub(
             lambda found: found[0] if found[1] else rb"\ufffd", body))),
        ("crashes-on-malformed-json", "A body that is not JSON gets 500.",
         crashes_instead("parse")),
    ),
)  # fmt: skip
