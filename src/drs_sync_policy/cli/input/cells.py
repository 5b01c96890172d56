"""A value written as text, in a cell of CSV or after an option, as its schema says."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from drs_sync_policy import contract

_NUMBER: Final = re.compile(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?", re.ASCII)


def json_types(schema: contract.Json) -> tuple[str, ...]:
    """The JSON types that a schema names."""
    named = schema.get("type", "string")
    return (named,) if isinstance(named, str) else tuple(named)


def value_of(text: str, schema: contract.Json) -> Any:
    """The value that `text` stands for; text that cannot be of the type stays as it is.

    A list or an object is written as JSON, and a field that takes text takes it as it is.
    """
    types = json_types(schema)
    if "string" in types:
        return text
    word = text.strip()
    if "null" in types and word == "null":
        return None
    if "boolean" in types:
        return {"true": True, "false": False}.get(word.lower(), text)
    if ("integer" in types or "number" in types) and (found := _NUMBER.fullmatch(word)):
        return float(word) if found[1] or found[2] else int(word)
    if "array" in types or "object" in types:
        try:
            return json.loads(word)
        except ValueError:
            return text
    return text


def hint(schema: contract.Json) -> str:
    """How to write a value that is not plain text, with the schema's own example."""
    if {"array", "object"}.isdisjoint(json_types(schema)):
        return ""
    example = next(iter(schema.get("examples", ())), None)
    if example is None and "properties" in schema:
        properties: contract.Json = schema["properties"]
        named = {name: part.get("examples", ["..."])[0] for name, part in properties.items()}
        example = {name: named[name] for name in schema.get("required", named)}
    return "; write it as JSON" + ("" if example is None else f", such as {json.dumps(example)}")
