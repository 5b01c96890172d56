"""The sandbox as an ASGI application."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from drs_sync_policy.contract import Contract, load
from drs_sync_policy.sandbox import rejection, signature
from drs_sync_policy.sandbox.active_faults import ActiveFaults
from drs_sync_policy.sandbox.conditions import ConnectionReset, Simulator
from drs_sync_policy.sandbox.console import Console
from drs_sync_policy.sandbox.control import PREFIX, Control
from drs_sync_policy.sandbox.http import accesslog, response
from drs_sync_policy.sandbox.http.body import LargeBodies
from drs_sync_policy.sandbox.http.request import Request, from_asgi
from drs_sync_policy.sandbox.http.response import EncodedResponse, Response
from drs_sync_policy.sandbox.http.trusted import TrustedHosts
from drs_sync_policy.sandbox.iam import Iam, signed_account
from drs_sync_policy.sandbox.operations import HANDLERS, HandlerFactory
from drs_sync_policy.sandbox.planned import PlannedResponses
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.request_log import RequestLog
from drs_sync_policy.sandbox.seed import TENANTS, Tenant
from drs_sync_policy.sandbox.shared_settings import SharedSettings
from drs_sync_policy.sandbox.store.accounts import seed_tenants
from drs_sync_policy.sandbox.store.database import IN_MEMORY, Database, is_unavailable
from drs_sync_policy.sandbox.store.records import Principal
from drs_sync_policy.sandbox.store.store import Store

DEFAULT_MAX_BODY_BYTES: Final = 12 * 1024 * 1024
"""What the vendor's gateway accepts: 12 MB."""

_LOG: Final = logging.getLogger(__name__)
_HEALTH: Final = (b"", b"healthz")


class Sandbox:
    """One imitation of the service: the imitated API, IAM, control routes, state."""

    def __init__(
        self,
        *,
        database: str = IN_MEMORY,
        contract: Contract | None = None,
        seed: bool = True,
        tenants: Iterable[Tenant] = TENANTS,
        faults: Iterable[str] = (),
        handlers: Mapping[str, HandlerFactory] | None = None,
        aksk: bool = True,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
        peers: bool = False,
        allow_hosts: Iterable[str] = (),
    ) -> None:
        self._database = Database(database)
        known = tuple(tenants) if seed else ()
        if known:
            self._database.transact(lambda connection: seed_tenants(connection, known))
        self._store = Store(self._database)
        self._iam = Iam(self._store)
        contract = contract or load()
        active = ActiveFaults(
            contract,
            self._store,
            faults=faults,
            credentials=self._signed if aksk else None,
            handlers={**HANDLERS, **(handlers or {})},
        )
        self._settings = SharedSettings(self._store, active, Simulator(), peers=peers)
        self._log = RequestLog()
        self._planned = PlannedResponses()
        self._control = Control(
            self._store,
            self._settings,
            self._log,
            self._planned,
            tenants=known or TENANTS,
        )
        self._console = Console(contract, tenants=known)
        self._trusted = TrustedHosts.of(allow_hosts)
        self._max_body_bytes = max_body_bytes
        self._large = LargeBodies(max_body_bytes=max_body_bytes)

    def app(self, *, control: bool = True, control_port: int | None = None) -> Starlette:
        """The ASGI application: the imitated API, and the control routes if `control`.

        With a `control_port`, that port has the control routes alone, and no other port has them.
        The end of its lifespan closes the sandbox.
        """

        async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            apart = control_port is not None and scope["server"][1] == control_port
            await self._serve(
                scope,
                receive,
                send,
                service=not apart,
                control=apart or (control and control_port is None),
            )

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncGenerator[None, None]:
            await self._settings.take_over()
            following = asyncio.create_task(self._settings.follow())
            yield
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            self.close()

        return _starlette(endpoint, lifespan)

    def close(self) -> None:
        """Finish what is under way and close the database."""
        self._database.close()

    async def _signed(self, request: Request) -> Principal | None:
        if not signature.is_signed(request):
            return None
        account = await signed_account(self._store, request)
        return None if account is None else Principal(account.project_id)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, *, service: bool, control: bool
    ) -> None:
        began = time.perf_counter()
        request = from_asgi(scope, receive, max_body_bytes=self._max_body_bytes, large=self._large)
        outside = request.segments == _HEALTH or (control and self._is_outside(request))

        def log(status: int | None) -> None:
            seconds = time.perf_counter() - began
            accesslog.log(request, status, seconds)
            if service and not outside:
                self._log.add(request, status, seconds)

        try:
            encoded = await self._respond(request, service=service, control=control)
            log(encoded.status)
            request.body.finish()
            await encoded.send(send, close=request.is_ambiguous)
        except ClientDisconnect:
            log(None)
        except ConnectionReset:
            log(None)
            await _reset(scope, receive, request)
        finally:
            request.body.close()

    def _is_outside(self, request: Request) -> bool:
        """Whether the request is for a control route or the console."""
        return request.segments[1:2] == (PREFIX,) or self._console.serves(request)

    async def _respond(self, request: Request, *, service: bool, control: bool) -> EncodedResponse:
        try:
            if control and self._is_outside(request):
                return await self._respond_outside(request, service=service)
            if request.segments == _HEALTH:
                return response.encode(await self._health(request), request)
            if service:
                return await self._imitate(request)
            raise rejection.no_such_path()
        except (ClientDisconnect, ConnectionReset):
            raise
        except Rejection as rejected:
            return response.encode(response.rejected(rejected, request), request)
        except Exception as error:  # noqa: BLE001 - the last resort: every response has its form
            failure = self._failure(error, request)
            return response.encode(response.rejected(failure, request), request)

    async def _respond_outside(self, request: Request, *, service: bool) -> EncodedResponse:
        untrusted = self._trusted.rejection(request)
        if untrusted is not None:
            return response.encode(untrusted, request)
        if self._console.serves(request):
            return self._console.respond(request, service=service)
        return response.encode(await self._control.respond(request), request)

    async def _imitate(self, request: Request) -> EncodedResponse:
        try:
            if not await self._planned.apply(request):
                await self._settings.simulator.apply()
        except (Rejection, ConnectionReset):
            with suppress(Rejection):
                await request.body.read()  # for the request log
            raise
        if self._iam.serves(request):
            return response.encode(await self._iam.respond(request), request)
        return await self._settings.faults.pipeline.respond(request)

    async def _health(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise rejection.no_such_method(("GET", "HEAD"))
        await self._store.check()
        return Response(200, {"status": "ok"})

    def _failure(self, error: Exception, request: Request) -> Rejection:
        if is_unavailable(error):
            _LOG.warning(
                "request %s: the database is unavailable (%s)", request.request_id, type(error)
            )
            return rejection.unavailable()
        _LOG.error("request %s failed", request.request_id, exc_info=error)
        return rejection.service_failed()


def create_app(*, control: bool = True, **options: Any) -> Starlette:
    """A sandbox that follows every rule of the contract, as an ASGI application.

    Args:
        control: whether there are control routes under `/_sandbox/`.
        options: `database`, a URL: `sqlite://` (in memory, the default), `sqlite:///FILE` or
            `postgresql://...`; `contract`, an edition of the contract, the base by default;
            `tenants`, who may call, and `seed`, whether they exist from the start (seeding never
            changes a stored policy); `faults`, names of the catalogue: each violates one rule
            on purpose; `handlers`, the `HandlerFactory` of an operation by operationId,
            for an operation that the sandbox has no handler for, or instead of its own; `aksk`,
            whether signed requests are accepted as well as tokens; `max_body_bytes`, above which
            a body gets 413; `peers`, whether other workers share the database, so that settings
            are synchronized with them; `allow_hosts`, names besides the loopback names under which
            control routes may be called.

    Raises:
        BadDatabaseError: the URL does not name a database that the sandbox can use.
        NoHandlerError: an operation of the contract has no handler.
        UnknownFaultError: a name is not in the catalogue.

    Examples:
        >>> import asyncio, httpx
        >>> from drs_sync_policy.sandbox import create_app
        >>> async def health(app):
        ...     transport = httpx.ASGITransport(app=app)
        ...     async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        ...         return (await http.get("/healthz")).json()
        >>> asyncio.run(health(create_app(faults=["answers-202"])))
        {'status': 'ok'}
    """
    return Sandbox(**options).app(control=control)


def _starlette(endpoint: ASGIApp, lifespan: Any) -> Starlette:
    app = Starlette(lifespan=lifespan)
    # Not as a route: Starlette's routes match the decoded path, where `%2F` has become a slash.
    app.router.default = endpoint
    return app


async def _reset(scope: Scope, receive: Receive, request: Request) -> None:
    # A client that is still sending would see the reset while it sends, and then read an end.
    await request.body.discard()
    abort = scope.get("state", {}).get("abort")
    if abort is None:
        raise ConnectionResetError("the network conditions reset this connection")
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass
