"""The fields of a policy, as each edition of the contract describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from drs_sync_policy import contract


@cache
def item_schema(edition: str) -> contract.Json:
    """The schema of an item of `jobs`."""
    loaded = contract.load(edition)
    operation = loaded.operation(contract.BATCH_SET_POLICY)
    body = loaded.resolve(operation.request["application/json"])
    return loaded.resolve(body["properties"]["jobs"]["items"])


@cache
def fields(edition: str) -> Mapping[str, contract.Json]:
    """The schema of each field by its name; references are resolved at every depth."""
    loaded = contract.load(edition)
    properties = item_schema(edition)["properties"]
    return {name: _inlined(loaded, schema) for name, schema in properties.items()}


def _inlined(loaded: contract.Contract, schema: contract.Json) -> contract.Json:
    schema = loaded.resolve(schema)
    parts: dict[str, Any] = {}
    if "items" in schema:
        parts["items"] = _inlined(loaded, schema["items"])
    if "properties" in schema:
        inner = schema["properties"].items()
        parts["properties"] = {name: _inlined(loaded, part) for name, part in inner}
    return {**schema, **parts}


def required(edition: str) -> Sequence[str]:
    """The fields that every item needs."""
    names: Sequence[str] = item_schema(edition).get("required", ())
    return names


def editions_of(name: str) -> tuple[str, ...]:
    """The editions that have a field of this name, the base edition first."""
    return tuple(edition for edition in contract.editions() if name in fields(edition))
