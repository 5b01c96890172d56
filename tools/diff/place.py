"""Where a change is, in words: `POST /v3/... request body, jobs[].slot_name`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drs_sync_policy.anyjson import resolve, tokens
from tools.diff.change import NEITHER, REQUEST, RESPONSE
from tools.documents import METHODS, operations, reached

Json = Mapping[str, Any]


def place(reached: str, document: Json, *, written: str) -> str:
    """The pointer `reached` in words, with the schema that the place is `written` in.

    `document` is the contract in which both pointers hold.
    """
    schema = tokens(written)[:3]
    if schema[:2] == ["components", "schemas"] and tokens(reached)[:1] == ["paths"]:
        return f"{_reached(reached, document)} (schema `{schema[2]}`)"
    return _reached(reached, document)


def _reached(pointer: str, document: Json) -> str:
    path = tokens(pointer)
    if path[:1] != ["paths"] or len(path) < 2:
        return _component(path)
    if len(path) < 3 or path[2] not in METHODS:
        return f"`{path[1]}`"
    operation = f"`{path[2].upper()} {path[1]}`"
    rest = path[3:]
    node = document["paths"].get(path[1], {}).get(path[2], {})
    if rest[:1] == ["parameters"] and len(rest) > 1:
        return f"{operation} {_parameter(rest, node, document)}"
    if rest[:1] == ["requestBody"]:
        return f"{operation} request body{_content(rest[1:])}"
    if rest[:1] == ["responses"] and len(rest) > 1:
        response = f"{operation} response {rest[1]}"
        if rest[2:3] == ["headers"] and len(rest) > 3:
            return f"{response} header `{rest[3]}`"
        return response + _content(rest[2:])
    return operation if not rest else f"{operation} `{rest[0]}`"


def _component(path: list[str]) -> str:
    if path[:1] == ["components"] and len(path) > 2:
        field = _fields(path[3:])
        return f"`{path[2]}`" + (f", `{field}`" if field else "")
    return "`" + "/".join(path[:2]) + "`" if path else "the document"


def _parameter(rest: list[str], operation: Json, document: Json) -> str:
    try:
        node = resolve(document, operation["parameters"][int(rest[1])])
    except (KeyError, IndexError):
        return "parameter"
    return f"{node.get('in')} parameter `{node.get('name')}`"


def _content(rest: list[str]) -> str:
    if rest[:1] != ["content"] or len(rest) < 2:
        return ""
    if rest[2:3] != ["schema"]:
        return f" as `{rest[1]}`"
    field = _fields(rest[3:])
    return f", `{field}`" if field else ""


def _fields(rest: list[str]) -> str:
    """A path through schemas as field names: `jobs[].slot_name`."""
    field, at = "", 0
    while at < len(rest):
        if rest[at] == "properties" and at + 1 < len(rest):
            field += ("." if field else "") + rest[at + 1]
            at += 1
        elif rest[at] == "items":
            field += "[]"
        at += 1
    return field


def direction(path: str, pointer: str, uses: Mapping[str, set[str]]) -> str:
    """Whether a place is sent, received, both (`request, response`) or neither.

    `path` is how the place was reached, `pointer` where it is written, `uses` from `users`.
    """
    where = tokens(pointer)
    if where[:2] == ["components", "schemas"] and len(where) > 2 and uses.get(where[2]):
        return ", ".join(sorted(uses[where[2]]))
    steps = tokens(path)
    called_back = "callbacks" in steps[3:4]
    # In a callback the service is the client: /paths/{path}/{method}/callbacks/NAME/URL/{method}/
    reached = steps[7:8] if called_back else steps[3:4] if steps[:1] == ["paths"] else steps[1:2]
    sent, received = (RESPONSE, REQUEST) if called_back else (REQUEST, RESPONSE)
    if reached and reached[0] in {"requestBody", "parameters", "security", "securitySchemes"}:
        return sent
    return received if reached in (["responses"], ["headers"]) else NEITHER


def users(document: Json) -> dict[str, set[str]]:
    """For each schema of the components, whether requests or responses reach it."""
    found: dict[str, set[str]] = {}
    _reach(document, document, found, sent=REQUEST, received=RESPONSE)
    return found


def _reach(
    document: Json, paths: Json, found: dict[str, set[str]], *, sent: str, received: str
) -> None:
    for _, _, operation in operations(paths):
        asked = reached(document, operation.get("parameters"), operation.get("requestBody"))
        for word, names in (
            (sent, asked),
            (received, reached(document, operation.get("responses"))),
        ):
            for name in names:
                found.setdefault(name, set()).add(word)
        for callback in operation.get("callbacks", {}).values():
            inner = {"paths": resolve(document, callback)}
            _reach(document, inner, found, sent=received, received=sent)
