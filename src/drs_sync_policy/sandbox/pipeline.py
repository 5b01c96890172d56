"""The stages of a request in their order of precedence, each a collaborator that can be wrapped.

If a request has several problems, the first in this order is reported: path (404), method (405),
credentials (401), path parameters (400), project (403), query (400), headers (400, 415), size
(413), body (400). A fault replaces a stage with one that wraps it. The stages know nothing about
faults.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
from attrs import frozen

from drs_sync_policy.contract import Contract, Operation
from drs_sync_policy.sandbox import operations, rejection
from drs_sync_policy.sandbox.http import ijson, media, response
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import JSON, EncodedResponse, Handler, Response
from drs_sync_policy.sandbox.http.routing import Match, Router
from drs_sync_policy.sandbox.operations import HANDLERS, HandlerFactory
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.store.records import Policies, Principal
from drs_sync_policy.sandbox.validation import BodyCheck, ParameterCheck, parameter_checks


@frozen
class ServedOperation:
    """One operation of the contract with its compiled checks and its handler."""

    operation: Operation
    path: tuple[ParameterCheck, ...]
    query: tuple[ParameterCheck, ...]
    head: tuple[ParameterCheck, ...]
    media_types: frozenset[str]
    body: BodyCheck
    handle: Handler


Route = Callable[[Request], Match[ServedOperation]]
Authenticate = Callable[[Request], Awaitable[Principal]]
CheckRequest = Callable[[ServedOperation, Request], None]
Authorize = Callable[[Principal, Request], None]
Read = Callable[[Request], Awaitable[bytes]]
Parse = Callable[[bytes], Any]
CheckBody = Callable[[ServedOperation, Any], None]
Execute = Callable[[ServedOperation, Request, Any], Awaitable[Response]]
Explain = Callable[[Rejection, Request], Response]
Encode = Callable[[Response, Request], EncodedResponse]


@frozen
class Pipeline:
    """The path of a request from its head to its response."""

    route: Route
    authenticate: Authenticate
    check_path: CheckRequest
    authorize: Authorize
    check_headers: CheckRequest
    read: Read
    parse: Parse
    check_body: CheckBody
    execute: Execute
    explain: Explain
    encode: Encode

    async def respond(self, request: Request) -> EncodedResponse:
        """The response to `request`, valid or not; fails only with the database."""
        try:
            given = await self._accept(request)
        except Rejection as rejected:
            given = self.explain(rejected, request)
        return await request.body.off_loop(self.encode, given, request)

    async def _accept(self, request: Request) -> Response:
        match = self.route(request)
        request = attrs.evolve(request, path_parameters=match.parameters)
        served = match.target
        principal = await self.authenticate(request)
        self.check_path(served, request)
        self.authorize(principal, request)
        self.check_headers(served, request)
        document = None
        if served.media_types:
            body = await self.read(request)
            document = await request.body.off_loop(self._parse_and_check, served, body)
        return await self.execute(served, request, document)

    def _parse_and_check(self, served: ServedOperation, body: bytes) -> Any:
        document = self.parse(body)
        self.check_body(served, document)
        return document


Credentials = Callable[[Request], Awaitable[Principal | None]]
"""Who sent a request, or None if its credentials are missing or unknown."""


def build(
    contract: Contract,
    store: Policies,
    credentials: Credentials | None = None,
    handlers: Mapping[str, HandlerFactory] = HANDLERS,
) -> Pipeline:
    """The faultless pipeline for every operation of `contract`.

    `credentials` are asked if the request has no token. Raises `NoHandlerError` if an operation
    has no handler in `handlers`.
    """
    router = Router(
        (operation.method, operation.path, _served(contract, operation, store, handlers))
        for operation in contract.operations
    )

    async def authenticate(request: Request) -> Principal:
        token = request.headers.get("x-auth-token")
        principal = await store.principal(token) if token else None
        if token is None and credentials is not None:
            principal = await credentials(request)
        if principal is None:
            raise rejection.bad_credentials()
        return principal

    return Pipeline(
        route=lambda request: router.match(request.method, request.segments),
        authenticate=authenticate,
        check_path=check_path,
        authorize=authorize,
        check_headers=check_headers,
        read=read,
        parse=parse,
        check_body=check_body,
        execute=execute,
        explain=response.rejected,
        encode=response.encode,
    )


def _served(
    contract: Contract,
    operation: Operation,
    store: Policies,
    handlers: Mapping[str, HandlerFactory],
) -> ServedOperation:
    return ServedOperation(
        operation=operation,
        path=parameter_checks(contract, operation, "path"),
        query=parameter_checks(contract, operation, "query"),
        head=parameter_checks(contract, operation, "header"),
        media_types=frozenset(media_type for media_type in operation.request if media_type == JSON),
        body=BodyCheck(contract, operation),
        handle=operations.handler(contract, operation, store, handlers),
    )


def check_path(served: ServedOperation, request: Request) -> None:
    """Raises the 400 of an invalid path parameter (rule malformed-project-id-is-refused)."""
    _check_all(served.path, request.path_parameters)


def authorize(principal: Principal, request: Request) -> None:
    """Raises the 403 for another tenant's project (rule foreign-project-is-refused)."""
    if request.path_parameters.get("project_id", principal.project_id) != principal.project_id:
        raise rejection.foreign_project()


def check_headers(served: ServedOperation, request: Request) -> None:
    """Raises the 400 of a parameter of query or header, then the 415 of the body's media type."""
    if served.query:
        _check_all(served.query, request.query_parameters)
    for check in served.head:
        check.check(request.headers.get(check.parameter.name.lower()))
    if served.media_types:
        media.check(request, served.media_types)


async def read(request: Request) -> bytes:
    """The body; raises the 413 while reading (rule oversized-body-is-refused)."""
    return await request.body.read()


def parse(body: bytes) -> Any:
    """The document; raises the 400 of a body that is not I-JSON (rule body-must-be-i-json)."""
    try:
        return ijson.parse(body)
    except ijson.NotIJsonError as error:
        raise rejection.not_i_json(str(error)) from error


def check_body(served: ServedOperation, document: Any) -> None:
    """Raises the 400 of a body that violates the schema (rule invalid-body-is-refused)."""
    served.body.check(document)


async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
    """The response of the operation's handler."""
    return await served.handle(request, document)


def _check_all(checks: tuple[ParameterCheck, ...], given: Mapping[str, str]) -> None:
    for check in checks:
        check.check(given.get(check.parameter.name))
