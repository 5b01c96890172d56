"""The page of fields: a table for each operation's parameters and for each schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from drs_sync_policy import contract
from drs_sync_policy.cli.limits import limits
from tools.pages.markdown import filtering, side_by_side, table

_BODY: Final = "the body of a response with the status "
HEAD = ("Field", "Meaning", "Example")


def fields(editions: Sequence[contract.Contract] = ()) -> str:
    """Every parameter and field, with its type, its allowed values, and where it exists.

    `editions` are those of one contract, the base first; all that are shipped by default.
    """
    shown = editions or [contract.load(name) for name in contract.editions()]
    base, *others = shown
    parts = [
        "# Fields",
        (
            "This page lists every parameter and every field of requests and responses, as the "
            "contract describes them, by operation. The [reference](reference/index.html) has more "
            "examples."
        ),
        filtering("Find a field", rows=True),
        (
            "You can leave out a request field that is not required: then the job keeps its stored "
            "value. In the contract, only the page number and the page size have a default."
        ),
    ]
    done: set[str] = set()
    for operation in base.operations:
        parts += _operation(base, operation)
        for name, places in _bodies(base, operation).items():
            if name not in done:
                parts += _schema(base, name, base.document["components"]["schemas"][name], places)
                done.add(name)
    for loaded in others:
        parts += _edition(loaded, base)
    return "\n\n".join(parts) + "\n"


def _edition(loaded: contract.Contract, base: contract.Contract) -> Iterator[str]:
    """What an edition has that the base does not have like that."""
    yield f"## In the edition `{loaded.edition}`"
    yield "These fields differ from the base, or exist only here. See [Editions](editions.md)."
    known = {operation.id: operation.parameters for operation in base.operations}
    for operation in loaded.operations:
        if operation.parameters != known.get(operation.id):
            yield from _operation(loaded, operation)
    changed: dict[str, list[str]] = {}
    for owner, name in _shown(loaded, base):
        changed.setdefault(owner, []).append(name)
    for owner, names in changed.items():
        yield f"### {owner}, in {loaded.edition}"
        yield table(HEAD, (_field(loaded, owner, name) for name in names))


def _bodies(loaded: contract.Contract, operation: contract.Operation) -> dict[str, list[str]]:
    """The objects of an operation's bodies, the request first, each with the places it is at."""
    found: dict[str, list[str]] = {}

    def walk(node: contract.Json, place: str) -> None:
        name = str(node.get("$ref", "")).rpartition("/")[2]
        properties = loaded.resolve(node).get("properties") if name else None
        if not properties:
            return
        new = name not in found
        found.setdefault(name, []).append(place)
        for key, value in properties.items() if new else ():
            walk(value, f"`{key}` of `{name}`")
            walk(value.get("items", {}), f"each entry of `{key}` in `{name}`")

    for body in operation.request.values():
        walk(body, "the body of the request")
    for response in operation.responses.values():
        for body in response.content.values():
            walk(body, f"{_BODY}{_alike(operation, body)}")
    return found


def _alike(operation: contract.Operation, body: contract.Json) -> str:
    """The statuses whose body this is."""
    alike = [s for s, r in operation.responses.items() if body in r.content.values()]
    return ", ".join(map(str, alike))


def _schema(
    loaded: contract.Contract, name: str, schema: contract.Json, places: Sequence[str]
) -> Iterator[str]:
    at = ", ".join(dict.fromkeys(places))
    yield f"### {name}"
    yield f"{' '.join(schema['description'].split())} It is {at}."
    yield table(HEAD, (_field(loaded, name, field) for field in schema["properties"]))


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


def _operation(loaded: contract.Contract, operation: contract.Operation) -> Iterator[str]:
    yield f"## {operation.id}"
    yield f"`{operation.method} {operation.path}`: {operation.summary}."
    if loaded.edition == contract.BASE_EDITION:
        yield from _messages(operation)
    yield table(HEAD, (_parameter(loaded, operation, p) for p in operation.parameters))


def _messages(operation: contract.Operation) -> Iterator[str]:
    """The first example of a request next to that of its response."""
    succeeding = (response for status, response in operation.responses.items() if status < 300)
    response = next(succeeding, None)
    blocks = [
        (title, ".json", json.dumps(next(iter(found.values())), indent=2, ensure_ascii=False))
        for title, found in (
            ("Request", operation.request_examples),
            ("Response", response.examples if response else {}),
        )
        if found
    ]
    if blocks:
        yield side_by_side(*blocks, kind="messages")


def _parameter(
    loaded: contract.Contract, operation: contract.Operation, parameter: contract.Parameter
) -> tuple[str, ...]:
    schema = loaded.resolve(parameter.schema)
    example = schema.get("example") if parameter.example is None else parameter.example
    kind = f"{_type(schema)}, in the {parameter.location}"
    place = _place(loaded, operation.id, parameter.name)
    return (
        _named(parameter.name, place, kind, required=parameter.required),
        _meaning(loaded, operation.id, parameter.name, parameter.description, schema),
        _example(example),
    )


def _found(loaded: contract.Contract, schema: str, field: str) -> contract.Json | None:
    schemas = loaded.document["components"]["schemas"]
    found = schemas.get(schema, {}).get("properties", {}).get(field)
    return loaded.resolve(found) if found else None


def _field(loaded: contract.Contract, of: str, name: str) -> tuple[str, ...]:
    schema = loaded.document["components"]["schemas"][of]
    field = loaded.resolve(schema["properties"][name])
    examples = [*field.get("examples", ()), *([field["example"]] if "example" in field else [])]
    required = name in schema.get("required", ())
    return (
        _named(name, _place(loaded, of, name), _type(field), required=required),
        _meaning(loaded, of, name, " ".join(field["description"].split()), field),
        _example(examples[0] if examples else None),
    )


def _named(name: str, place: str, kind: str, *, required: bool) -> str:
    needed = "**required**" if required else "optional"
    return f'`{name}`{{ #{place} }}\n<span class="kind">{kind}<br>{needed}</span>'


def _meaning(
    loaded: contract.Contract, of: str, name: str, text: str, schema: contract.Json
) -> str:
    rules = _rules(loaded, of, name)
    return "\n".join(filter(None, (text, _allowed(schema), rules and f"Rules: {rules}")))


def _type(schema: contract.Json) -> str:
    kind = schema.get("type", "value")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


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


def _rules(loaded: contract.Contract, of: str, name: str) -> str:
    """Links to the rules of the operations that have the field, if their statement names it."""
    word = re.compile(rf"`{re.escape(name)}`")
    having = [o for o in loaded.operations if of == o.id or of in _bodies(loaded, o)]
    own = {rule.id for operation in having for rule in operation.rules}
    held = own.union(*(operation.shared_rules for operation in having))
    named = [rule.id for rule in loaded.rules if rule.id in held and word.search(rule.statement)]
    return ", ".join(f"[{rule}](rules.md#{rule})" for rule in named)
