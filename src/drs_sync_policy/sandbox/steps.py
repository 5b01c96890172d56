"""The steps of a call in their order of precedence, each a collaborator that can be wrapped.

The order decides which of several defects a request is told about: path (404), method (405),
credentials (401), parameters of the path (400), project (403), query (400), headers (400, 415),
size (413), body (400). A fault replaces a step with one that wraps it; the steps themselves know
of no fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import attrs
from attrs import frozen

from drs_sync_policy.contract import Contract, Operation
from drs_sync_policy.sandbox import operations
from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox.http import ijson, media
from drs_sync_policy.sandbox.http import response as answer
from drs_sync_policy.sandbox.http.response import Answer, Wire
from drs_sync_policy.sandbox.http.routing import Match, Router
from drs_sync_policy.sandbox.operations import HANDLERS, Handler, HandlerFactory
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.store.store import Policies, Principal
from drs_sync_policy.sandbox.validation import JSON, BodyCheck, ParameterCheck, parameter_checks


@frozen
class Service:
    """One operation, ready to be called: what its contract says, compiled."""

    operation: Operation
    path: tuple[ParameterCheck, ...]
    query: tuple[ParameterCheck, ...]
    head: tuple[ParameterCheck, ...]
    media_types: frozenset[str]
    body: BodyCheck
    handle: Handler


Route = Callable[[Call], Match[Service]]
Authenticate = Callable[[Call], Awaitable[Principal]]
CheckCall = Callable[[Service, Call], None]
Authorize = Callable[[Principal, Call], None]
Read = Callable[[Call], Awaitable[bytes]]
Parse = Callable[[bytes], Any]
CheckBody = Callable[[Service, Any], None]
Carry = Callable[[Service, Call, Any], Awaitable[Answer]]
Explain = Callable[[Refusal, Call], Answer]
Render = Callable[[Answer, Call], Wire]


@frozen
class Steps:
    """The path of a call from its head to its answer."""

    route: Route
    authenticate: Authenticate
    check_path: CheckCall
    authorize: Authorize
    check_headers: CheckCall
    read: Read
    parse: Parse
    check_body: CheckBody
    carry_out: Carry
    explain: Explain
    render: Render

    async def take(self, call: Call) -> Wire:
        """The answer to `call`, whatever it is, as long as the database is there."""
        try:
            given = await self._accept(call)
        except Refusal as refused:
            given = self.explain(refused, call)
        return self.render(given, call)

    async def _accept(self, call: Call) -> Answer:
        match = self.route(call)
        call = attrs.evolve(call, path_parameters=match.parameters)
        service = match.target
        principal = await self.authenticate(call)
        self.check_path(service, call)
        self.authorize(principal, call)
        self.check_headers(service, call)
        document = None
        if service.media_types:
            document = await self._judge(service, await self.read(call))
        return await self.carry_out(service, call, document)

    async def _judge(self, service: Service, body: bytes) -> Any:
        if len(body) > _LARGE_BODY_BYTES:
            return await asyncio.to_thread(self._judge_now, service, body)
        return self._judge_now(service, body)

    def _judge_now(self, service: Service, body: bytes) -> Any:
        document = self.parse(body)
        self.check_body(service, document)
        return document


Credentials = Callable[[Call], Awaitable[Principal | None]]
"""Whose call it is, or None where its credentials are missing or not known."""


_LARGE_BODY_BYTES: Final = 256 * 1024
"""Larger bodies are judged on a thread, so that other calls need not wait for megabytes."""


def steps(
    contract: Contract,
    store: Policies,
    credentials: Credentials | None = None,
    handlers: Mapping[str, HandlerFactory] = HANDLERS,
) -> Steps:
    """The faultless steps for every operation of `contract`.

    `credentials` are asked where there is no token at all. Raises `NoHandlerError` where none of
    `handlers` carries an operation out.
    """
    router = Router(
        (operation.method, operation.path, _service(contract, operation, store, handlers))
        for operation in contract.operations
    )

    async def authenticate(call: Call) -> Principal:
        token = call.headers.get("x-auth-token")
        principal = await store.principal(token) if token else None
        if token is None and credentials is not None:
            principal = await credentials(call)
        if principal is None:
            raise refusal.bad_credentials()
        return principal

    return Steps(
        route=lambda call: router.match(call.method, call.segments),
        authenticate=authenticate,
        check_path=check_path,
        authorize=authorize,
        check_headers=check_headers,
        read=read,
        parse=parse,
        check_body=check_body,
        carry_out=carry_out,
        explain=answer.refused,
        render=answer.render,
    )


def _service(
    contract: Contract,
    operation: Operation,
    store: Policies,
    handlers: Mapping[str, HandlerFactory],
) -> Service:
    return Service(
        operation=operation,
        path=parameter_checks(contract, operation, "path"),
        query=parameter_checks(contract, operation, "query"),
        head=parameter_checks(contract, operation, "header"),
        media_types=frozenset(media_type for media_type in operation.request if media_type == JSON),
        body=BodyCheck(contract, operation),
        handle=operations.handler(contract, operation, store, handlers),
    )


def check_path(service: Service, call: Call) -> None:
    """Raises the 400 of a parameter in the path (rule malformed-project-id-is-refused)."""
    _check_all(service.path, call.path_parameters)


def authorize(principal: Principal, call: Call) -> None:
    """Raises the 403 where the project is not the caller's (rule foreign-project-is-refused)."""
    if call.path_parameters.get("project_id", principal.project_id) != principal.project_id:
        raise refusal.foreign_project()


def check_headers(service: Service, call: Call) -> None:
    """Raises the 400 of a parameter of query or head, then the 415 of the body's media type."""
    if service.query:
        _check_all(service.query, call.query_parameters)
    for check in service.head:
        check.check(call.headers.get(check.parameter.name.lower()))
    if service.media_types:
        media.check(call, service.media_types)


async def read(call: Call) -> bytes:
    """The body; raises the 413 while reading (rule oversized-body-is-refused)."""
    return await call.body.read()


def parse(body: bytes) -> Any:
    """The document; raises the 400 of a body that is not I-JSON (rule body-must-be-i-json)."""
    try:
        return ijson.parse(body)
    except ijson.NotIJsonError as error:
        raise refusal.not_i_json(str(error)) from error


def check_body(service: Service, document: Any) -> None:
    """Raises the 400 of a body that breaks the schema (rule invalid-body-is-refused)."""
    service.body.check(document)


async def carry_out(service: Service, call: Call, document: Any) -> Answer:
    """The answer of the operation's handler."""
    return await service.handle(call, document)


def _check_all(checks: tuple[ParameterCheck, ...], given: Mapping[str, str]) -> None:
    for check in checks:
        check.check(given.get(check.parameter.name))
