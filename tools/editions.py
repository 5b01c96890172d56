"""The editions of the contract: `openapi.yaml` with an overlay of `overrides/editions/` over it.

The base edition is `openapi.yaml` as it is written. One client serves all editions: it is
generated from the base with the schemas of every edition, which may only add optional fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final

from drs_sync_policy import anyjson
from drs_sync_policy.contract import BASE_EDITION
from tools.documents import CONTRACT, ROOT, operations, reached, read_document
from tools.overlay import OverlayError, apply

OVERLAYS = ROOT / "overrides" / "editions"

Json = Mapping[str, Any]


def edition_names() -> list[str]:
    """The editions without the base, in alphabetical order."""
    return sorted(path.stem for path in OVERLAYS.glob("*.yaml"))


def edition(name: str, base: Json, *, overlays: Path = OVERLAYS) -> dict[str, Any]:
    """The contract of the edition `name`; ends with the reason where its overlay does not fit."""
    try:
        return make_edition(name, base, overlays=overlays)
    except OverlayError as error:
        raise SystemExit(str(error)) from error


def make_edition(name: str, base: Json, *, overlays: Path = OVERLAYS) -> dict[str, Any]:
    """The contract of the edition `name`; raises `OverlayError` where its overlay does not fit."""
    path = overlays / f"{name}.yaml"
    document = apply(base, read_document(path), name=path.name)
    strict = list(incompatibilities(base, document))
    if strict:
        raise OverlayError(f"{path.name}: {strict[0]}; an edition only adds optional fields")
    return document


def write_editions(folder: Path, base: Json | None = None) -> list[Path]:
    """The paths of `folder`/NAME.json, written for each edition, indented by one space."""
    source = read_document(CONTRACT) if base is None else base
    written: list[Path] = []
    for name in edition_names():
        path = folder / f"{name}.json"
        text = json.dumps(edition(name, source), ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        written.append(path)
    return written


def client_contract(base: Json, editions: Mapping[str, Json] | None = None) -> dict[str, Any]:
    """What the client is generated from: the base, with the schemas of every edition.

    `x-editions` of a schema names the editions of each field that the base does not have, and
    `x-editions` of the document has the servers of each edition. `editions` are those made from
    `base` by the overlays of the working tree, unless given.
    """
    if editions is None:
        editions = {name: edition(name, base) for name in edition_names()}
    ours = base["components"]["schemas"]
    schemas: dict[str, Any] = dict(ours)
    for document in editions.values():
        for name, schema in document["components"]["schemas"].items():
            schemas[name] = _with_more_fields(schemas.get(name, {}), schema)
    for name, schema in ours.items():
        added = _added_fields(name, schema, editions)
        if added:
            schemas[name] = {**schemas[name], "x-editions": added}
    servers = {name: list(_server_urls(document)) for name, document in editions.items()}
    return {
        **base,
        "components": {**base["components"], "schemas": schemas},
        "x-editions": {BASE_EDITION: list(_server_urls(base)), **servers},
    }


def _added_fields(name: str, schema: Json, editions: Mapping[str, Json]) -> dict[str, list[str]]:
    """The fields that editions add to a schema of the base, each with the editions that do."""
    added: dict[str, list[str]] = {}
    for edition_name, document in editions.items():
        fields = document["components"]["schemas"].get(name, {}).get("properties", {})
        for field in fields.keys() - schema.get("properties", {}).keys():
            added.setdefault(field, []).append(edition_name)
    return dict(sorted(added.items()))


def _server_urls(document: Json) -> Iterator[str]:
    """The URL of each server, with each of the values that its variables may have."""
    for server in document.get("servers", ()):
        variables = server.get("variables", {})
        names = list(variables)
        choices = [variables[name].get("enum", [variables[name]["default"]]) for name in names]
        for values in product(*choices):
            yield server["url"].format(**dict(zip(names, values, strict=True)))


def _with_more_fields(schema: Json, other: Json) -> dict[str, Any]:
    merged = {**schema, **other}
    if "properties" in schema:
        ours, theirs = schema["properties"], other.get("properties", {})
        # A limit of one edition is none of the client's, which serves all.
        limited = {
            name: ours[name] for name in ours if _limits(theirs.get(name)) != _limits(ours[name])
        }
        merged["properties"] = {**ours, **theirs, **limited}
    return merged


def incompatibilities(base: Json, document: Json) -> Iterator[str]:
    """Why one client could not serve both: a schema gone, a field required, gone or retyped."""
    schemas = document["components"]["schemas"]
    required = (entry for _, _, entry in operations(base) if not entry.get("x-optional"))
    needed = reached(base, *required)
    for name, before in base["components"]["schemas"].items():
        after = schemas.get(name)
        if after is None:
            yield f"the schema `{name}` is gone"
            continue
        if after.get("required") != before.get("required"):
            yield f"`required` of `{name}` differs from the base"
        for field, schema in before.get("properties", {}).items():
            found = after.get("properties", {}).get(field)
            limits = () if name in needed else _LIMITS
            if _shape(found, limits) != _shape(schema, limits):
                yield f"the field `{field}` of `{name}` differs from the base"


_LIMITS: Final = ("maxItems",)
"""What an edition may add to a field that only optional operations have."""


def _limits(schema: Any) -> Any:
    return {key: value for key, value in anyjson.as_object(schema).items() if key in _LIMITS}


def _shape(schema: Any, limits: tuple[str, ...] = ()) -> Any:
    """`schema` without these limits and without what only people read."""
    if not isinstance(schema, dict):
        return schema
    ignored = {"description", "examples", *limits}
    return {key: value for key, value in schema.items() if key not in ignored}
