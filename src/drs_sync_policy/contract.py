"""The shipped contract as data: its operations, schemas, parameters and rules.

A server, the fuzzer and a page read from here what they need to know about the API. So an edit of
`openapi.yaml` reaches them through `make generate`, and no code restates it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Final

from attrs import field, frozen

from drs_sync_policy import anyjson

BASE_EDITION: Final = "base"
"""The edition of `openapi.yaml` as it is written, with no overlay applied."""

BATCH_SET_POLICY: Final = "batchSetPolicy"
"""The operation that client, command, scenarios and most faults are written for."""

_PACKAGE: Final = "drs_sync_policy_contract"
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Json = Mapping[str, Any]


@frozen
class Rule:
    """A requirement that no schema can state: an entry of `x-rules`."""

    id: str
    statement: str
    origin: str
    source: str


@frozen
class Parameter:
    """A path, query, header or cookie parameter, its schema with every `$ref` still in place."""

    name: str
    location: str
    required: bool
    schema: Json
    example: Any = None
    description: str = ""


@frozen
class Response:
    """A documented response: its schema per media type, its headers, its examples by name."""

    status: int
    description: str
    content: Mapping[str, Json]
    headers: Mapping[str, Json]
    examples: Mapping[str, Any]


@frozen
class Operation:
    """One operation of the contract, its references to parameters and responses resolved."""

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    request: Mapping[str, Json]
    request_required: bool
    request_examples: Mapping[str, Any]
    responses: Mapping[int, Response]
    tolerated_statuses: frozenset[int]
    security_headers: tuple[str, ...]
    rules: tuple[Rule, ...]
    summary: str = ""
    optional: bool = False
    """Whether a server may lack it (`x-optional`)."""
    shared_rules: frozenset[str] = frozenset()
    """The rules of other operations that hold for it, too (`x-shared-rules`)."""

    def rule(self, rule_id: str) -> Rule:
        """The rule with this id; `KeyError` where there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


@frozen
class Contract:
    """One edition of the contract. Two contracts are equal when their documents are.

    Nobody changes a document, so what was made of a contract can be kept by it.
    """

    document: Json = field(repr=False)
    edition: str = BASE_EDITION

    def __hash__(self) -> int:
        return hash(self.edition)

    @property
    def title(self) -> str:
        """`info.title`."""
        return str(self.document["info"]["title"])

    @property
    def version(self) -> str:
        """`info.version`."""
        return str(self.document["info"]["version"])

    @property
    def sha256(self) -> str:
        """The SHA-256 of the document in canonical JSON, as 64 hexadecimal digits."""
        canonical = json.dumps(self.document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation, in the order of the document."""
        return tuple(self._operations())

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all operations, in the order of the document."""
        return tuple(rule for operation in self.operations for rule in operation.rules)

    def checked(self, optional: Collection[str] = ()) -> tuple[Operation, ...]:
        """The operations that a server is checked on, if it has these of the optional ones."""
        return tuple(
            operation
            for operation in self.operations
            if not operation.optional or operation.id in optional
        )

    def checked_rules(self, optional: Collection[str] = ()) -> tuple[Rule, ...]:
        """The rules of those operations; the others are not applicable to the server."""
        return tuple(rule for operation in self.checked(optional) for rule in operation.rules)

    def operation(self, operation_id: str) -> Operation:
        """The operation with this id; `KeyError` where there is none."""
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise KeyError(operation_id)

    def resolve(self, node: Json) -> Json:
        """`node`, or what it refers to where it is a `$ref` into this document."""
        return anyjson.resolve(self.document, node)

    def at(self, pointer: str) -> Any:
        """What a JSON pointer (RFC 6901, with or without `#`) points to; `KeyError` if nothing."""
        return anyjson.at(self.document, pointer)

    def standalone(self, schema: Json) -> dict[str, Any]:
        """`schema` as a JSON Schema 2020-12 document in which every `$ref` resolves."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **schema,
            "components": self.document.get("components", {}),
        }

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield self._operation(path, method, item)

    def _operation(self, path: str, method: str, item: Json) -> Operation:
        node = item[method]
        body = self.resolve(node.get("requestBody", {}))
        content = body.get("content", {})
        return Operation(
            id=node["operationId"],
            method=method.upper(),
            path=path,
            parameters=tuple(self._parameters(item, node)),
            request={media: entry["schema"] for media, entry in content.items()},
            request_required=bool(body.get("required", False)),
            request_examples=_examples(content),
            responses={
                int(status): self._response(int(status), self.resolve(response))
                for status, response in node["responses"].items()
                if status.isdecimal()
            },
            tolerated_statuses=frozenset(node.get("x-tolerated-statuses", ())),
            security_headers=tuple(self._security_headers(node)),
            rules=tuple(
                Rule(
                    id=rule["id"],
                    statement=" ".join(rule["statement"].split()),
                    origin=rule["origin"],
                    source=rule["source"],
                )
                for rule in node.get("x-rules", ())
            ),
            summary=" ".join(node.get("summary", "").split()),
            optional=bool(node.get("x-optional", False)),
            shared_rules=frozenset(node.get("x-shared-rules", ())),
        )

    def _parameters(self, item: Json, node: Json) -> Iterator[Parameter]:
        found: dict[tuple[str, str], Parameter] = {}
        for entry in (*item.get("parameters", ()), *node.get("parameters", ())):
            parameter = self.resolve(entry)
            found[parameter["name"], parameter["in"]] = Parameter(
                name=parameter["name"],
                location=parameter["in"],
                required=bool(parameter.get("required", False)),
                schema=parameter["schema"],
                example=parameter.get("example"),
                description=" ".join(parameter.get("description", "").split()),
            )
        yield from found.values()

    def _response(self, status: int, response: Json) -> Response:
        content = response.get("content", {})
        return Response(
            status=status,
            description=response["description"],
            content={media: entry["schema"] for media, entry in content.items()},
            headers={
                name: self.resolve(header) for name, header in response.get("headers", {}).items()
            },
            examples=_examples(content),
        )

    def _security_headers(self, node: Json) -> Iterator[str]:
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        for requirement in node.get("security", self.document.get("security", ())):
            for name in requirement:
                scheme = self.resolve(schemes[name])
                if scheme["type"] == "apiKey" and scheme["in"] == "header":
                    yield scheme["name"]


def _examples(content: Mapping[str, Json]) -> dict[str, Any]:
    return {
        name: example["value"]
        for entry in content.values()
        for name, example in entry.get("examples", {}).items()
    }


def editions() -> tuple[str, ...]:
    """The names of the shipped editions, the base first."""
    names = {
        entry.name.removesuffix(".json")
        for entry in files(_PACKAGE).iterdir()
        if entry.name.endswith(".json")
    }
    return (BASE_EDITION, *sorted(names - {BASE_EDITION}))


def load(edition: str = BASE_EDITION) -> Contract:
    """The shipped contract of this edition; `ValueError` naming the editions there are.

    Examples:
        >>> from drs_sync_policy import contract
        >>> operation = contract.load().operation("batchSetPolicy")
        >>> operation.method, operation.path
        ('POST', '/v3/{project_id}/jobs/batch-sync-policy')
    """
    known = editions()
    if edition not in known:
        choices = ", ".join(f"`{name}`" for name in known)
        raise ValueError(
            f"there is no edition {edition!r} of the contract; choose one of {choices}"
        )
    return _loaded(edition)


@lru_cache(maxsize=8)
def _loaded(edition: str) -> Contract:
    return Contract(json.loads(files(_PACKAGE).joinpath(f"{edition}.json").read_bytes()), edition)


def source() -> str:
    """`openapi.yaml` as its authors wrote it, comments included."""
    return files(_PACKAGE).joinpath("openapi.yaml").read_text(encoding="utf-8")
