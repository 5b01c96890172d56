"""How often the exchanges of a run exercised each part of the contract.

The parts are read from the contract: statuses, media types, parameters, fields, the values that a
schema lists, and the error codes of its examples. What a run saw is a count for each part, so that
the counts of several runs can be added.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from attrs import define, field, frozen

from drs_sync_policy import anyjson, codes
from drs_sync_policy.contract import Contract, Operation
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import Expectation, Oracle
from drs_sync_policy.fuzz.target.http import Request, Response

Part = Literal[
    "status",
    "request media type",
    "parameter",
    "request field",
    "response media type",
    "response field",
    "error code",
]
PARTS: Final[Mapping[Part, str]] = {
    "status": "statuses",
    "request media type": "request media types",
    "parameter": "parameters and values",
    "request field": "request fields and values",
    "response media type": "response media types",
    "response field": "response fields and values",
    "error code": "error codes",
}
"""The kinds of parts in the order of a report, with their plurals."""
Key = str
"""A part, its name, and what it was: a value as JSON, or one of the words below; often empty.

One text with tabs between them, because its hash is computed once.
"""

MOST_ITEMS: Final = 100
"""Of a longer list only so many items count."""
_LEFT_OUT: Final = "left out"
_INVALID: Final = "invalid"
_OTHER: Final = "another one"
_NONE: Final = "no response"
_PLAIN: Final = (str, int, float, type(None))
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")


@frozen
class Row:
    """One part of the contract, and how often it was exercised."""

    part: Part
    name: str
    value: str
    times: int
    documented: bool = True
    """Whether the contract describes it."""


@define
class _Node:
    """One place of a schema, with the keys that count it."""

    key: Key
    absent: Key | None = None
    members: dict[str, _Node] = field(factory=dict[str, "_Node"])
    items: _Node | None = None
    values: dict[Any, Key] = field(factory=dict[Any, Key])
    other: Key | None = None


class Plan:
    """The parts of one operation, ready to be counted."""

    def __init__(self, against: Contract, operation: Operation) -> None:
        self._contract = against
        self._operation = operation
        self.keys: dict[Key, None] = {}
        """Every part, in the order of a report."""
        self._known: dict[tuple[str, str], _Node] = {}
        self._statuses: dict[int, Key] = {
            status: self._listed("status", str(status)) for status in operation.responses
        }
        self._sent_as = {
            media: self._listed("request media type", media) for media in operation.request
        }
        self._parameters = [
            (entry, self._node("parameter", entry.name, entry.schema, optional=not entry.required))
            for entry in operation.parameters
            if entry.location in ("path", "header")
        ]
        self._requests = {
            media: self._node("request field", "body", schema)
            for media, schema in operation.request.items()
        }
        medias = {media for response in operation.responses.values() for media in response.content}
        self._received_as = {m: self._listed("response media type", m) for m in sorted(medias)}
        self._responses = {
            (status, media): self._node("response field", "body", schema)
            for status, response in operation.responses.items()
            for media, schema in response.content.items()
        }
        for code in _codes_in(operation):
            self._listed("error code", code)
        self._invalid: dict[str, list[Key]] = {}
        for key in self.keys:
            _, name, value = _split(key)
            if value == _INVALID:
                self._invalid.setdefault(name.rpartition(".")[2], []).append(key)

    def _listed(self, part: Part, name: str, value: str = "") -> Key:
        entry = key(part, name, value)
        self.keys[entry] = None
        return entry

    def _node(
        self, part: Part, name: str, schema: Mapping[str, Any], *, optional: bool = False
    ) -> _Node:
        branches = list(self._branches(schema))
        members = {k: v for branch in branches for k, v in branch.get("properties", {}).items()}
        if members:
            return self._object(part, name, schema, branches, members)
        node = _Node(self._listed(part, name))
        sent = part != "response field"
        if optional and sent:
            node.absent = self._listed(part, name, _LEFT_OUT)
        if sent:
            self._listed(part, name, _INVALID)
        items = next((branch["items"] for branch in branches if "items" in branch), None)
        if items:
            node.items = self._node(part, f"{name}[]", items)
        elif not sent and any(map(_is_code, _examples(branches))):
            node.values = {row.code: key("error code", row.code) for row in codes.all_codes()}
            node.other = key("error code", _OTHER)
        else:
            node.values = {
                value: self._listed(part, name, json.dumps(value, ensure_ascii=False))
                for value in _values(branches)
                if sent or value != ""
            }
        return node

    def _object(
        self,
        part: Part,
        name: str,
        schema: Mapping[str, Any],
        branches: list[Mapping[str, Any]],
        members: Mapping[str, Any],
    ) -> _Node:
        """An object that the contract names goes by that name, wherever it occurs."""
        named = schema["$ref"].rpartition("/")[2] if "$ref" in schema else name
        if (known := self._known.get((part, named))) is not None:
            return known
        node = self._known[part, named] = _Node(key(part, named))
        required = {name for branch in branches for name in branch.get("required", ())}
        for member, child in members.items():
            node.members[member] = self._node(
                part, f"{named}.{member}", child, optional=member not in required
            )
        return node

    def _branches(self, schema: object) -> Iterator[Mapping[str, Any]]:
        if not anyjson.is_object(schema):
            return
        node = self._contract.resolve(schema)
        yield node
        for name in _BRANCHES:
            for branch in node.get(name, ()):
                yield from self._branches(branch)

    # --- counting ---------------------------------------------------------------------------------

    def seen(self, exchange: Exchange, value: Any) -> list[Key]:
        """The parts that an exchange exercises; `value` is the body of its response."""
        found: list[Key] = []
        self._sent(exchange.request, exchange.expectation, found)
        if exchange.response is None:
            found.append(key("status", _NONE))
        else:
            self._received(exchange.response, value, found)
        return found

    def _sent(self, request: Request, expectation: Expectation, found: list[Key]) -> None:
        media = _media_type(request.header("Content-Type"))
        if self._sent_as or media:
            found.append(self._sent_as.get(media) or key("request media type", _OTHER))
        invalid = [name for defect in expectation.defects for name in defect.fields]
        for name in invalid:
            found += self._invalid.get(name, ())
        for parameter, node in self._parameters:
            if parameter.name in invalid:
                continue
            values = request.header(parameter.name) if parameter.location == "header" else ()
            if values:
                found.append(node.key)
                _walk(node, values[0], found)
            elif parameter.location == "path":
                found.append(node.key)
            elif node.absent:
                found.append(node.absent)
        body = self._requests.get(media)
        if body is not None and expectation.body is not None:
            _walk(body, expectation.body, found)

    def _received(self, response: Response, value: Any, found: list[Key]) -> None:
        status = response.status
        found.append(self._statuses.get(status) or key("status", str(status)))
        given = response.header("Content-Type")
        media = _media_type(() if given is None else (given,))
        if media or response.body:
            found.append(self._received_as.get(media) or key("response media type", _OTHER))
        body = self._responses.get((status, media))
        if body is not None:
            _walk(body, value, found)


def seen(oracle: Oracle, exchange: Exchange, value: Any) -> list[Key]:
    """As `Plan.seen`, for the operation of the oracle."""
    return _plan(oracle.contract, oracle.operation.id).seen(exchange, value)


@functools.lru_cache(maxsize=64)
def _plan(against: Contract, operation_id: str) -> Plan:
    return Plan(against, against.operation(operation_id))


def rows(
    against: Contract, counts: Mapping[Key, int], optional: Collection[str] = ()
) -> tuple[Row, ...]:
    """Every part of the contract with its count, and after each kind what else was seen.

    The parts are those of the operations that a server is checked on; `optional` are some of them.
    """
    plans = (_plan(against, operation.id) for operation in against.checked(optional))
    known = {key: None for plan in plans for key in plan.keys}
    keys = (*known, *sorted(key for key in counts if key not in known))
    parts: list[str] = [*PARTS]
    found = (Row(*_split(key), counts.get(key, 0), documented=key in known) for key in keys)
    return tuple(sorted(found, key=lambda row: parts.index(row.part)))


def key(part: str, name: str, value: str = "") -> Key:
    """The key of a row."""
    return f"{part}\t{name}\t{value}"


def _split(key: Key) -> tuple[Part, str, str]:
    part, name, value = key.split("\t")
    return next(known for known in PARTS if known == part), name, value


def _walk(node: _Node, value: Any, found: list[Key]) -> None:
    """Count what is in a value; its own presence is counted."""
    if node.members:
        if isinstance(value, dict):
            for name, child in node.members.items():
                if name in value:
                    found.append(child.key)
                    if child.values or child.items or child.members:
                        _walk(child, value[name], found)
                elif child.absent is not None:
                    found.append(child.absent)
    elif node.items is not None:
        if anyjson.is_array(value):
            for entry in value[:MOST_ITEMS]:
                _walk(node.items, entry, found)
    elif isinstance(value, _PLAIN):
        key = node.values.get(value, node.other)
        if key is not None:
            found.append(key)


def _media_type(values: Iterable[str]) -> str:
    return next(iter(values), "").partition(";")[0].strip().lower()


def _values(branches: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    """The values that a schema lists; of text without a lower bound the empty one."""
    for branch in branches:
        listed = [*branch.get("enum", ()), *([branch["const"]] if "const" in branch else ())]
        yield from (entry for entry in listed if isinstance(entry, _PLAIN))
        kind = branch.get("type")
        if not listed and kind == "boolean":
            yield from (True, False)
        if not listed and kind == "string" and not branch.get("minLength"):
            yield from () if {"pattern", "format"} & {*branch} else ("",)


def _examples(branches: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    for branch in branches:
        yield from branch.get("examples", ())


def _is_code(value: object) -> bool:
    return isinstance(value, str) and codes.find(value) is not None


def _codes_in(operation: Operation) -> list[str]:
    """The error codes in the examples of the responses."""
    found = {
        node
        for response in operation.responses.values()
        for example in response.examples.values()
        for _, node in anyjson.walk(example)
        if isinstance(node, str) and _is_code(node)
    }
    return sorted(found)
