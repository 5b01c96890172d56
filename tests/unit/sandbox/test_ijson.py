"""I-JSON and nothing else (rule body-must-be-i-json)."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drs_sync_policy.sandbox.http.ijson import NotIJsonError, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=50)
@given(JSON)
def test_every_json_value_is_read(value: Any) -> None:
    """What `json.dumps` writes is read back as it was."""
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b' \t\r\n{"a" : 1 } \n', {"a": 1}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'"\\u0000"', "\0"),
        (b'"\\ufeff\\uffff"', "\ufeff\uffff"),
        (b"1e308", 1e308),
        (b"-0.0", -0.0),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    ],
)
def test_unusual_i_json_is_read(body: bytes, value: Any) -> None:
    """Escapes, NUL, paired surrogates and large numbers are all right."""
    assert parse(body) == value


@pytest.mark.parametrize("number", ["1e309", "-1e400", "9" * 400, "-" + "9" * 5000])
def test_numbers_outside_the_double_range_are_rejected(number: str) -> None:
    """A number outside the range of a double is rejected."""
    with pytest.raises(NotIJsonError):
        parse(f'{{"a": {number}}}'.encode())


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("closed", [True, False])
def test_bottomless_nesting_is_rejected(opening: str, *, closed: bool) -> None:
    """Very deep nesting is rejected, and nothing overflows."""
    depth = 100_000
    closing = {"[": "]", '{"a":': "}", '[{"a":': "}]"}[opening]
    body = opening * depth + "1" + (closing * depth if closed else "")
    with pytest.raises(NotIJsonError):
        parse(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500 + b"[]" * 600_000,
        b"[" * 500 + b"[[]]" * 300_000 + b"]" * 500,
        (b'{"a":[' * 250 + b'"]",' * 300_000)[:1_200_000],
        b'["' + rb"\\\"[" * 240_000 + b'"]',
        b'"' + rb"\ud83d\ude00" * 100_000 + b'"',
    ],
)
def test_the_time_is_linear(body: bytes) -> None:
    """1.2 MB of brackets, strings or escapes take less than 2 s of the processor, not 20."""
    began = time.thread_time()
    with suppress(NotIJsonError):
        parse(body)
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("depth", [64, 400])
def test_deep_nesting_is_read(depth: int) -> None:
    """Nesting to 64 levels and well beyond is accepted."""
    assert parse(b"[" * depth + b"]" * depth) is not None


def test_brackets_in_strings_are_no_nesting() -> None:
    """A string of brackets and quotes, however long, is a string."""
    text = '["{[' * 5000
    assert parse(json.dumps({"a": text, "b": ["\\", '"[', "\\\\"]}).encode())["a"] == text


def test_a_wide_body_is_not_deep() -> None:
    """Many items side by side do not count as nesting."""
    assert len(parse(b"[" + b",".join([b'{"a":[{}]}'] * 20_000) + b"]")) == 20_000
