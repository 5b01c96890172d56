"""The limits that a schema sets in addition to a type, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_OF: Final = {
    "minLength": "at least {} character(s)",
    "maxLength": "at most {} character(s)",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} item(s)",
    "maxItems": "at most {} item(s)",
}


def limits(schema: Mapping[str, Any]) -> Iterator[str]:
    """The bounds of length, number and count, each as `at most 64 characters`."""
    for keyword, words in _OF.items():
        if keyword in schema:
            value = schema[keyword]
            yield words.format(value).replace("(s)", "" if value == 1 else "s")
    if schema.get("uniqueItems"):
        yield "no item twice"
