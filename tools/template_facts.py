"""What the templates need of the contract and the generator does not hand them.

The generator drops constraints and the meanings of enum values before it renders the templates;
`facts_as_jinja` brings them back as `contract.jinja`, which templates import.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from drs_sync_policy.anyjson import as_object, at, pointer, resolve, walk
from tools.documents import ROOT, operations, reached
from tools.generator_names import class_name, function_name

Json = Mapping[str, Any]

_CHECKED: Final = (
    "type", "enum", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "format",
)  # fmt: skip
"""The keywords that the generated code checks before it sends."""


def facts_as_jinja(contract: Json) -> str:
    """The text of `contract.jinja`: one `set` for each fact, in literals that Jinja reads."""
    facts = {
        "secured": sorted(_secured_operations(contract)),
        "rules": dict(_rules_of_models(contract)),
        "parameters": dict(_rules_of_parameters(contract)),
        "enums": dict(_meanings_of_enums(contract)),
        "sent": sorted(_sent(contract)),
    }
    return "".join(f"{{% set {name} = {fact!r} %}}\n" for name, fact in facts.items())


def release() -> str:
    """The version of the distribution, which the client sends in `User-Agent`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def rules_of(contract: Json, schema: Json, where: str) -> dict[str, Any]:
    """The keywords of a schema that generated code checks, references followed."""
    schema = resolve(contract, schema)
    rules = {keyword: schema[keyword] for keyword in _CHECKED if keyword in schema}
    if isinstance(rules.get("type"), list):
        rules["type"] = tuple(rules["type"])
    if "enum" in rules:
        rules["enum"] = tuple(rules["enum"])
    if "items" in schema:
        items = schema["items"]
        _reject_unnamed(items, f"{where}, items")
        inner = rules_of(contract, items, f"{where}, items")
        if inner.get("type") != "object":
            rules["items"] = inner
    return rules


def _reject_unnamed(schema: Json, where: str) -> None:
    """An object schema without a name gets a class whose constraints nobody could look up."""
    if "$ref" not in schema and "properties" in schema:
        raise SystemExit(
            f"{where}: this object has no name; move it to `components/schemas` and refer to it "
            "with `$ref`, so that its class has a good name and its constraints are checked"
        )


def named_classes(contract: Json) -> Iterator[str]:
    """The class of each named schema that is an object with properties or an enum."""
    for name, schema in _schemas(contract):
        if "enum" in schema or "properties" in schema or "allOf" in schema:
            yield name


def require_references(contract: Json) -> None:
    """Ends with the first `$ref` that leads nowhere or out of the document."""
    for path, node in walk(contract):
        reference = as_object(node).get("$ref")
        if isinstance(reference, str) and not _leads_somewhere(contract, reference):
            raise SystemExit(
                f"#{pointer(path)}: `$ref: {reference}` leads nowhere in this document; write it as"
                " `#/components/schemas/NAME`, with a name that is there"
            )


def _leads_somewhere(contract: Json, reference: str) -> bool:
    try:
        at(contract, reference)
    except (KeyError, IndexError, ValueError, TypeError):
        return False
    return reference.startswith("#/")


def _schemas(contract: Json) -> Iterator[tuple[str, Json]]:
    for name, schema in contract.get("components", {}).get("schemas", {}).items():
        yield class_name(schema.get("title", name)), schema


def _rules_of_models(contract: Json) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in _schemas(contract):
        properties: dict[str, Any] = {}
        for part in (schema, *(resolve(contract, part) for part in schema.get("allOf", ()))):
            properties |= part.get("properties", {})
        for field, rule in properties.items():
            _reject_unnamed(rule, f"{name}.{field}")
        if properties:
            rules = {
                field: rules_of(contract, rule, f"{name}.{field}")
                for field, rule in properties.items()
            }
            for field, editions in schema.get("x-editions", {}).items():
                rules[field]["editions"] = tuple(editions)
            yield name, rules


def _operations(contract: Json) -> Iterator[tuple[str, Json, Json]]:
    for path, method, operation in operations(contract):
        name = operation.get("operationId", f"{method}_{path}")
        yield function_name(name), contract["paths"][path], operation


def _rules_of_parameters(contract: Json) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, item, operation in _operations(contract):
        found = (*item.get("parameters", ()), *operation.get("parameters", ()))
        parameters = [resolve(contract, parameter) for parameter in found]
        yield (
            name,
            {
                parameter["name"]: rules_of(contract, parameter["schema"], parameter["name"])
                for parameter in parameters
            },
        )


def _secured_operations(contract: Json) -> Iterator[str]:
    everywhere = contract.get("security", ())
    for name, _, operation in _operations(contract):
        needed = operation.get("security", everywhere)
        if needed and {} not in needed:
            yield name


def security_headers(contract: Json) -> Iterator[str]:
    """The headers that the contract's security schemes name."""
    for scheme in contract.get("components", {}).get("securitySchemes", {}).values():
        scheme = resolve(contract, scheme)
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            yield scheme["name"]


def _meanings_of_enums(contract: Json) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in _schemas(contract):
        if "enum" in schema:
            meanings = schema.get("x-enumDescriptions", {})
            yield (
                name,
                {
                    "description": _plain(schema.get("description", "")),
                    "values": {str(value): _plain(text) for value, text in meanings.items()},
                },
            )


def _plain(text: str) -> str:
    """A description on one line that cannot end the docstring it stands in."""
    return " ".join(text.split()).replace("\\", "/").replace('"', "'")


def _sent(contract: Json) -> set[str]:
    """The classes of all schemas that a request body can hold."""
    bodies = [entry.get("requestBody", {}) for _, _, entry in operations(contract)]
    names = reached(contract, *bodies)
    schemas = contract.get("components", {}).get("schemas", {})
    return {class_name(schemas[name].get("title", name)) for name in names}
