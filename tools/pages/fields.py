"""The page of fields: a table for each operation's parameters and for each schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from drs_sync_policy import contract
from drs_sync_policy.cli.limits import limits
from tools.pages.markdown import table

HEAD = ("Field", "Type", "Allowed", "Example", "Meaning", "Rules")


def fields(editions: Sequence[contract.Contract] = ()) -> str:
    """Every parameter and field, with its type, its allowed values, and where it exists.

    `editions` are those of one contract, the base first; all that are shipped by default.
    """
    parts = [
        "# Fields",
        (
            "This page lists every parameter and every field of requests and responses, as the "
            "contract describes them. The [reference](reference/index.html) shows them by "
            "operation, with examples."
        ),
        (
            "You can leave out a request field that is not required: then the job keeps its stored "
            "value. In the contract, only the page number and the page size have a default."
        ),
    ]
    shown = editions or [contract.load(name) for name in contract.editions()]
    base = shown[0]
    known = {operation.id: operation.parameters for operation in base.operations}
    for loaded in shown:
        of = "" if loaded is base else f", in the edition `{loaded.edition}`"
        for operation in loaded.operations:
            if loaded is base or operation.parameters != known.get(operation.id):
                parts += _operation(loaded, operation, of=of)
        shown_here = list(_shown(loaded, base))
        for name in loaded.document["components"]["schemas"]:
            rows = [_field(loaded, name, field) for owner, field in shown_here if owner == name]
            parts += [f"## {name}{of}", table(HEAD, rows)] if rows else []
    return "\n\n".join(parts) + "\n"


def found_fields() -> Iterator[tuple[str, str, str]]:
    """Each parameter and field of each edition: its name, its meaning, its place on the page."""
    base = contract.load()
    for operation in base.operations:
        for parameter in operation.parameters:
            yield parameter.name, parameter.description, _place(base, operation.id, parameter.name)
    for edition in contract.editions():
        loaded = contract.load(edition)
        for of, name in _shown(loaded, base):
            field = _found(loaded, of, name) or {}
            yield name, field.get("description", ""), _place(loaded, of, name)


def _shown(loaded: contract.Contract, base: contract.Contract) -> Iterator[tuple[str, str]]:
    """The fields of an edition that the base does not have like that; of the base, all."""
    for of, schema in loaded.document["components"]["schemas"].items():
        for name in schema.get("properties", {}):
            if loaded.edition == base.edition or _found(loaded, of, name) != _found(base, of, name):
                yield of, name


def _place(loaded: contract.Contract, of: str, name: str) -> str:
    """The anchor of a field."""
    edition = "" if loaded.edition == contract.BASE_EDITION else f"{loaded.edition}."
    return f"{edition}{of}.{name}"


def _operation(
    loaded: contract.Contract, operation: contract.Operation, *, of: str
) -> Iterator[str]:
    yield f"## {operation.id}{of}"
    yield f"`{operation.method} {operation.path}`: {operation.summary}."
    yield table(HEAD, (_parameter(loaded, operation, p) for p in operation.parameters))


def _parameter(
    loaded: contract.Contract, operation: contract.Operation, parameter: contract.Parameter
) -> tuple[str, ...]:
    schema = loaded.resolve(parameter.schema)
    example = schema.get("example") if parameter.example is None else parameter.example
    return (
        f"`{parameter.name}`{{ #{_place(loaded, operation.id, parameter.name)} }}",
        f"{_type(schema)}, in the {parameter.location}\n{_needed(parameter.required)}",
        _allowed(schema),
        _example(example),
        parameter.description,
        _rules(loaded, parameter.name),
    )


def _found(loaded: contract.Contract, schema: str, field: str) -> contract.Json | None:
    schemas = loaded.document["components"]["schemas"]
    found = schemas.get(schema, {}).get("properties", {}).get(field)
    return loaded.resolve(found) if found else None


def _field(loaded: contract.Contract, of: str, name: str) -> tuple[str, ...]:
    schema = loaded.document["components"]["schemas"][of]
    field = loaded.resolve(schema["properties"][name])
    examples = [*field.get("examples", ()), *([field["example"]] if "example" in field else [])]
    return (
        f"`{name}`{{ #{_place(loaded, of, name)} }}",
        f"{_type(field)}\n{_needed(name in schema.get('required', ()))}",
        _allowed(field),
        _example(examples[0] if examples else None),
        " ".join(field["description"].split()),
        _rules(loaded, name),
    )


def _type(schema: contract.Json) -> str:
    kind = schema.get("type", "value")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _needed(required: bool) -> str:
    return "**required**" if required else "optional"


def _example(value: object) -> str:
    return "" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def _allowed(schema: contract.Json) -> str:
    described = schema.get("x-enumDescriptions", {})
    parts: list[str] = []
    if bounds := ", ".join(limits(schema)):
        parts.append(f"{bounds[0].upper()}{bounds[1:]}.")
    if "pattern" in schema:
        ticks = "``" if "`" in schema["pattern"] else "`"
        parts.append(f"Matches {ticks} {schema['pattern']} {ticks}.")
    parts += (f"`{value}`: {described.get(value, '')}" for value in schema.get("enum", ()))
    if "default" in schema:
        parts.append(f"Default: {_example(schema['default'])}.")
    return "\n".join(parts)


def _rules(loaded: contract.Contract, name: str) -> str:
    """Links to the rules whose statement names the field."""
    word = re.compile(rf"`{re.escape(name)}`")
    named = [rule.id for rule in loaded.rules if word.search(rule.statement)]
    return "\n".join(f"[{rule}](rules.md#{rule})" for rule in named)
