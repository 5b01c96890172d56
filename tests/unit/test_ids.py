"""The ids of all tests are checked when they are collected; this shows that the check bites."""

from __future__ import annotations

import gzip

import pytest

from tests.ids import unstable


def _id(value: object) -> str:
    """What pytest makes of a parameter in an id."""
    return f"test_it[{ascii(value)[2:-1] if isinstance(value, bytes) else value}]"


@pytest.mark.parametrize(
    "value",
    [gzip.compress(b"x"), bytes(range(128, 160)), object(), {200, 400}, "x" * 301],
    ids=type,
)
def test_an_id_that_may_differ_is_named(value: object) -> None:
    """Compressed and other binary data, an address, a set, and a text that nobody reads."""
    assert list(unstable([_id(value)])) == [_id(value)]


@pytest.mark.parametrize("value", [b"\xff\xfe\x00\x00{\x00", "\\x1b[2J", "任务", 1])
def test_a_few_escapes_are_fine(value: object) -> None:
    """A byte or a control character is often what a case is about."""
    assert list(unstable([_id(value)])) == []
