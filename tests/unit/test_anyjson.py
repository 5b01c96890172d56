"""JSON of any shape."""

from __future__ import annotations

import pytest

from drs_sync_policy import anyjson

DOCUMENT = {"a/b": [1, {"~": "x"}], "ref": {"$ref": "#/a~1b/1"}}


def test_pointers_lead_to_values_and_back() -> None:
    """As RFC 6901 escapes them, with or without `#`."""
    path = ("a/b", 1, "~")
    assert anyjson.pointer(path) == "/a~1b/1/~0"
    assert anyjson.at(DOCUMENT, "#/a~1b/1/~0") == "x"
    assert dict(anyjson.walk(DOCUMENT))[path] == "x"
    # The value is a list for mypy, with entries of several types.
    assert anyjson.resolve(DOCUMENT, DOCUMENT["ref"]) == {"~": "x"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pointer", "error"),
    [("/c", KeyError), ("/a~1b/2", IndexError), ("/a~1b/x", ValueError), ("/a~1b/0/y", TypeError)],
)
def test_a_pointer_to_nothing_raises(pointer: str, error: type[Exception]) -> None:
    """With the error that fits the container."""
    with pytest.raises(error):
        anyjson.at(DOCUMENT, pointer)


def test_a_value_of_another_type_reads_as_empty() -> None:
    """Code that reads unvalidated JSON needs no check of its own."""
    assert anyjson.as_object([1]) == {}
    assert anyjson.as_array({"a": 1}) == []
    assert anyjson.as_text(1) == ""
    assert list(anyjson.objects([1, {"a": 1}])) == [{"a": 1}]
