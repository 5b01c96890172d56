"""A contract without its ways of writing, so that only what it means is compared.

Redocly compares what is written: a keyword with the value that it has anyway, an `allOf` around
one schema, a parameter or a security requirement moved to where it applies would be changes, and
some of them breaking ones.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from drs_sync_policy import anyjson
from drs_sync_policy.anyjson import resolve
from tools.documents import operations

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
_PLAIN_OBJECT: Final = {
    "type", "properties", "required", "title", "description", "examples", "$comment",
}  # fmt: skip
_STYLES: Final = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}

Json = Mapping[str, Any]


def normalise(document: Json) -> dict[str, Any]:
    """A copy that means the same: defaults gone, order gone where it means nothing."""
    result = copy.deepcopy(dict(document))
    if "servers" in result:
        result["servers"] = [each for server in result["servers"] for each in _servers(server)]
    security = result.pop("security", None)
    shared = {path: item.pop("parameters", []) for path, item in result.get("paths", {}).items()}
    for path, _, operation in operations(result):
        _inherit(result, operation, shared[path])
        if security is not None:
            operation.setdefault("security", copy.deepcopy(security))
    _simplify(result)
    _flatten(result, result)
    return result


def _servers(server: Json) -> Iterator[dict[str, Any]]:
    """A server for each value of its variables: a value that goes is a server that goes."""
    variables = server.get("variables", {})
    listed = {name: node["enum"] for name, node in variables.items() if "enum" in node}
    rest = {name: node for name, node in variables.items() if name not in listed}
    for values in itertools.product(*listed.values()):
        url = server["url"]
        for name, value in zip(listed, values, strict=True):
            url = url.replace(f"{{{name}}}", str(value))
        kept = {key: value for key, value in server.items() if key != "variables"}
        yield {**kept, "url": url, **({"variables": rest} if rest else {})}


def _flatten(document: Json, node: Any) -> None:
    """An `allOf` of plain objects becomes the one object that it means."""
    for _, child in anyjson.children(node):
        _flatten(document, child)
    parts = node.get("allOf") if isinstance(node, dict) else None
    if not isinstance(parts, list) or not parts:
        return
    own = {key: value for key, value in node.items() if key != "allOf"}
    schemas = [own, *(resolve(document, part) for part in parts)]
    if not all(_is_plain_object(schema) for schema in schemas):
        return
    properties: dict[str, Any] = {}
    for schema in schemas:
        for name, value in schema.get("properties", {}).items():
            if properties.setdefault(name, value) != value:
                return
    required = sorted({name for schema in schemas for name in schema.get("required", ())})
    del node["allOf"]
    node |= {"type": "object", "properties": copy.deepcopy(properties)}
    node |= {"required": required} if required else {}


def _is_plain_object(schema: Json) -> bool:
    return schema.get("type", "object") == "object" and schema.keys() <= _PLAIN_OBJECT


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
    _respell_null(node)
    _respell_bounds(node)
    _number_places(node)
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


def _respell_null(node: dict[str, Any]) -> None:
    """`anyOf` of a schema and null, as the schema with one type more."""
    for key in ("anyOf", "oneOf"):
        parts = node.get(key)
        if not isinstance(parts, list) or len(parts) != 2 or {"type": "null"} not in parts:
            continue
        (other,) = (part for part in parts if part != {"type": "null"})
        if isinstance(other.get("type"), str) and not other.keys() & (node.keys() - _ANNOTATIONS):
            del node[key]
            node.update({**other, **node, "type": sorted(["null", other["type"]])})


def _respell_bounds(node: dict[str, Any]) -> None:
    """An exclusive bound of an integer, as the bound that it means."""
    if node.get("type") != "integer":
        return
    for exclusive, bound, step in (
        ("exclusiveMinimum", "minimum", 1),
        ("exclusiveMaximum", "maximum", -1),
    ):
        if type(node.get(exclusive)) is int and bound not in node:
            node[bound] = node.pop(exclusive) + step


def _number_places(node: dict[str, Any]) -> None:
    """The schemas of `prefixItems` by their places, because their order counts."""
    if isinstance(node.get("prefixItems"), list):
        places = {f"[{at}]": part for at, part in enumerate(node.pop("prefixItems"))}
        node["properties"] = {**node.get("properties", {}), **places}


def _drop_default_style(node: dict[str, Any]) -> None:
    usual = _STYLES.get(str(node.get("in")))
    if usual is None or "schema" not in node:
        return
    if node.get("style") == usual:
        del node["style"]
    if node.get("explode") is (node.get("style", usual) == "form"):
        del node["explode"]
