"""The editions of the contract: `openapi.yaml` with an overlay of `overrides/editions/` over it.

The base edition is `openapi.yaml` as it is written. One client serves all editions: it is
generated from the base with the schemas of every edition, which may only add optional fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.documents import CONTRACT, ROOT, read_document
from tools.overlay import OverlayError, apply

OVERLAYS = ROOT / "overrides" / "editions"

Json = Mapping[str, Any]


def edition_names() -> list[str]:
    """The editions beside the base, in alphabetical order."""
    return sorted(path.stem for path in OVERLAYS.glob("*.yaml"))


def edition(name: str, base: Json, *, overlays: Path = OVERLAYS) -> dict[str, Any]:
    """The contract of the edition `name`; ends with the reason where its overlay does not fit."""
    path = overlays / f"{name}.yaml"
    try:
        document = apply(base, read_document(path), name=path.name)
    except OverlayError as error:
        raise SystemExit(str(error)) from error
    strict = list(incompatibilities(base, document))
    if strict:
        raise SystemExit(f"{path.name}: {strict[0]}; an edition only adds optional fields")
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


def client_contract(base: Json) -> dict[str, Any]:
    """What the client is generated from: the base, with the schemas of every edition."""
    document: dict[str, Any] = {**base, "components": dict(base["components"])}
    for name in edition_names():
        document["components"]["schemas"] = {
            **document["components"]["schemas"],
            **edition(name, document)["components"]["schemas"],
        }
    return document


def incompatibilities(base: Json, document: Json) -> Iterator[str]:
    """Why one client could not serve both: a schema gone, a field required, gone or retyped."""
    schemas = document["components"]["schemas"]
    for name, before in base["components"]["schemas"].items():
        after = schemas.get(name)
        if after is None:
            yield f"the schema `{name}` is gone"
            continue
        if after.get("required") != before.get("required"):
            yield f"`required` of `{name}` differs from the base"
        for field, schema in before.get("properties", {}).items():
            if _shape(after.get("properties", {}).get(field)) != _shape(schema):
                yield f"the field `{field}` of `{name}` differs from the base"


def _shape(schema: Any) -> Any:
    """`schema` without what only people read."""
    if not isinstance(schema, dict):
        return schema
    return {key: value for key, value in schema.items() if key not in {"description", "examples"}}
