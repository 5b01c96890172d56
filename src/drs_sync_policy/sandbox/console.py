"""The console at `/`: a page that shows the sandbox and sends requests to it.

The page is plain HTML, CSS and JavaScript, in this package. Everything that it shows of the API
comes from the contract that the sandbox serves. It may load and call this sandbox only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

import msgspec

from drs_sync_policy.anyjson import is_array, is_object
from drs_sync_policy.contract import BATCH_SET_POLICY, Contract, Operation, Parameter
from drs_sync_policy.sandbox.conditions import NetworkConditions
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import (
    JSON,
    EncodedResponse,
    Response,
    common_headers,
    encode,
)
from drs_sync_policy.sandbox.seed import Tenant

PATH: Final = "/"

_PARTS: Final[Mapping[tuple[bytes, ...], tuple[str, str]]] = {
    (b"", b""): ("console.html", "text/html; charset=utf-8"),
    (b"", b"_sandbox", b"console", b"console.css"): ("console.css", "text/css; charset=utf-8"),
    (b"", b"_sandbox", b"console", b"console.js"): ("console.js", "text/javascript; charset=utf-8"),
    (b"", b"_sandbox", b"console", b"code.js"): ("code.js", "text/javascript; charset=utf-8"),
    (b"", b"_sandbox", b"console", b"form.js"): ("form.js", "text/javascript; charset=utf-8"),
    (b"", b"_sandbox", b"console", b"dom.js"): ("dom.js", "text/javascript; charset=utf-8"),
    (b"", b"_sandbox", b"console", b"contract.json"): ("", JSON),
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_NO_SERVICE: Final = (
    "the console calls the API on its own port, and this port has control routes only: "
    "start the sandbox without a control port"
)
_STATIC: Final = files("drs_sync_policy.sandbox") / "static"
_DEEPEST: Final = 20
"""A schema that refers to itself is shown to this depth."""


class Console:
    """The page, its parts, and the contract and tenants that it shows."""

    def __init__(self, contract: Contract, *, tenants: Iterable[Tenant] = ()) -> None:
        self._contract = contract
        self._tenants = tuple(tenants)

    def serves(self, request: Request) -> bool:
        """Whether the request reads the console or a part of it."""
        return request.segments in _PARTS and request.method in ("GET", "HEAD")

    def respond(self, request: Request, *, service: bool) -> EncodedResponse:
        """The response; without `service` a 404 that says why the page cannot work."""
        if not service:
            return encode(Response(404, {"error": _NO_SERVICE}), request)
        name, media_type = _PARTS[request.segments]
        content = (_STATIC / name).read_bytes() if name else msgspec.json.encode(self._document())
        return _shown(content, media_type, request)

    def _document(self) -> dict[str, Any]:
        return {
            "title": self._contract.title,
            "version": self._contract.version,
            "edition": self._contract.edition,
            "tenants": [
                {"name": tenant.name, "project_id": tenant.project_id, "token": tenant.token}
                for tenant in self._tenants
            ],
            "operations": [self._operation(entry) for entry in self._contract.operations],
            "rules": {rule.id: " ".join(rule.statement.split()) for rule in self._contract.rules},
            "conditions": NetworkConditions.effects(),
        }

    def _operation(self, operation: Operation) -> dict[str, Any]:
        body = operation.request.get(JSON)
        return {
            "id": operation.id,
            "method": operation.method,
            "path": operation.path,
            "summary": operation.summary,
            "token_header": next(iter(operation.security_headers), None),
            "parameters": [self._parameter(entry) for entry in operation.parameters],
            "body": None if body is None else self._inlined(body),
            "example": next(iter(operation.request_examples.values()), None),
            "in_client": operation.id == BATCH_SET_POLICY,
        }

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        return {
            "name": parameter.name,
            "in": parameter.location,
            "required": parameter.required,
            "description": parameter.description,
            "schema": self._inlined(parameter.schema),
        }

    def _inlined(self, node: Any, depth: int = 0) -> Any:
        """`node` with every reference replaced by what it refers to."""
        if depth > _DEEPEST:
            return {}
        if is_array(node):
            return [self._inlined(entry, depth + 1) for entry in node]
        if not is_object(node):
            return node
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        whole = {**self._contract.resolve(node), **siblings}
        return {key: self._inlined(value, depth + 1) for key, value in whole.items()}


def _shown(content: bytes, media_type: str, request: Request) -> EncodedResponse:
    headers = {
        "Content-Type": media_type,
        "Content-Length": str(len(content)),
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        **common_headers(request),
    }
    return EncodedResponse(200, headers, b"" if request.method == "HEAD" else content)
