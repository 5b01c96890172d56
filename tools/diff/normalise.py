"""A contract without its ways of writing, so that only what it means is compared.

Redocly compares what is written: a keyword with the value that it has anyway, an `allOf` around
one schema, a parameter or a security requirement moved to where it applies would be changes, and
some of them breaking ones.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from drs_sync_policy import anyjson

_SAYS_NOTHING: Final[dict[str, Any]] = {
    "minLength": 0,
    "minItems": 0,
    "minProperties": 0,
    "uniqueItems": False,
    "additionalProperties": True,
    "unevaluatedProperties": True,
    "required": False,
    "deprecated": False,
    "readOnly": False,
    "writeOnly": False,
    "nullable": False,
    "allowReserved": False,
    "allowEmptyValue": False,
}
_DATA: Final = {"example", "examples", "default", "const", "value", "x-rules"}
"""What is under these is a value, not a part of the description."""
_ANNOTATIONS: Final = {"title", "description", "example", "examples", "allOf"}
_APPLICATORS: Final = {"$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas"}
_STYLES: Final = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Json = Mapping[str, Any]


def normalise(document: Json) -> dict[str, Any]:
    """A copy that means the same: defaults gone, order gone where it means nothing."""
    result = copy.deepcopy(dict(document))
    security = result.pop("security", None)
    for item in result.get("paths", {}).values():
        shared = item.pop("parameters", [])
        for method in METHODS:
            if method not in item:
                continue
            _inherit(result, item[method], shared)
            if security is not None:
                item[method].setdefault("security", copy.deepcopy(security))
    _simplify(result)
    return result


def _inherit(document: Json, operation: dict[str, Any], shared: list[Any]) -> None:
    own = operation.get("parameters", [])
    known = {_identity(document, parameter) for parameter in own}
    missing = [entry for entry in shared if _identity(document, entry) not in known]
    if missing or own:
        operation["parameters"] = [*copy.deepcopy(missing), *own]


def _identity(document: Json, parameter: Json) -> tuple[str, str]:
    node = resolve(document, parameter)
    return str(node.get("in")), str(node.get("name"))


def _simplify(node: Any) -> None:
    if isinstance(node, list):
        for entry in node:
            _simplify(entry)
    if not isinstance(node, dict):
        return
    for key, value in list(node.items()):
        if (key in _SAYS_NOTHING and value is _SAYS_NOTHING[key]) or (
            value == 0 and key[:3] == "min"
        ):
            if key in _SAYS_NOTHING:
                del node[key]
        elif key not in _DATA:
            node[key] = _in_order(key, value)
            _simplify(node[key])
    _unwrap(node)
    _respell(node)
    _drop_default_style(node)


def _in_order(key: str, value: Any) -> Any:
    """A list whose order means nothing, sorted; a list of one type as that type."""
    if key == "type" and isinstance(value, list):
        return value[0] if len(value) == 1 else sorted(value)
    if key in {"required", "enum", "tags"} and isinstance(value, list):
        return sorted(value, key=str)
    return value


def _unwrap(node: dict[str, Any]) -> None:
    parts = node.get("allOf")
    if isinstance(parts, list) and len(parts) == 1 and node.keys() <= _ANNOTATIONS:
        del node["allOf"]
        for key, value in parts[0].items():
            node.setdefault(key, value)


def _respell(node: dict[str, Any]) -> None:
    """One spelling where a schema has two for the same."""
    if isinstance(node.get("const"), str | int | float) and "enum" not in node:
        node["enum"] = [node.pop("const")]
    if node.get("additionalProperties") is False and not node.keys() & _APPLICATORS:
        node["unevaluatedProperties"] = node.pop("additionalProperties")


def _drop_default_style(node: dict[str, Any]) -> None:
    usual = _STYLES.get(str(node.get("in")))
    if usual is None or "schema" not in node:
        return
    if node.get("style") == usual:
        del node["style"]
    if node.get("explode") is (node.get("style", usual) == "form"):
        del node["explode"]


def resolve(document: Json, node: Any) -> Any:
    """`node`, or what it refers to where it is a `$ref` into this document."""
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        node = anyjson.at(document, node["$ref"])
    return node
