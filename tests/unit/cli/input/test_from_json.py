"""JSON whose values know where they stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drs_sync_policy.cli.input.json import read_json
from drs_sync_policy.cli.input.places import Place, UnreadableError
from tests.unit.cli.input.documents import VALUES, leads_to


@given(VALUES, st.sampled_from([None, 2]))
def test_json_is_read_as_json_reads_it(value: Any, indent: int | None) -> None:
    """Whatever `json` writes comes back, with a place for each value in it."""
    text = json.dumps(value, indent=indent, ensure_ascii=indent is None)
    placed = read_json(text)
    assert placed.value == value
    lines = text.split("\n")
    for path, at in leads_to(placed).items():
        place = placed.places[path]
        written = lines[place.line - 1][place.column - 1 :]
        assert written.startswith(json.dumps(at, ensure_ascii=indent is None)[:1])


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, 1, "expected a value"),
        ('{"a": 1', 1, 8, 'expected "," or "}"'),
        ("[\n  1,\n  2 3\n]", 3, 5, 'expected "," or "]"'),
        ("{'a': 1}", 1, 2, "in double quotes"),
        ('{"a" 1}', 1, 6, 'expected ":" after `a`'),
        ('["a\tb"]', 1, 4, "control character"),
        ("[NaN]", 1, 2, "expected a value"),
        ("[01]", 1, 3, 'expected ","'),
        ("[1,]", 1, 4, "expected a value"),
        ("[] []", 1, 4, "has ended before"),
        ("[" * 100, 1, 66, "nested deeper"),
    ],
)
def test_an_error_in_json_has_its_place(text: str, line: int, column: int, said: str) -> None:
    """Line and column of the first character that cannot be right, and what could."""
    with pytest.raises(UnreadableError, match=r".") as caught:
        read_json(text)
    assert caught.value.problem.place == Place(line, column)
    assert said in caught.value.problem.message
