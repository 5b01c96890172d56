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
from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox import signature
from drs_sync_policy.sandbox.conditions import ConnectionReset, Sky
from drs_sync_policy.sandbox.console import Console
from drs_sync_policy.sandbox.control import PREFIX, Control
from drs_sync_policy.sandbox.http import accesslog
from drs_sync_policy.sandbox.http import response as answer
from drs_sync_policy.sandbox.http.response import Answer, Wire
from drs_sync_policy.sandbox.iam import Iam, signed_account
from drs_sync_policy.sandbox.operations import HANDLERS, HandlerFactory
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call, from_asgi
from drs_sync_policy.sandbox.seed import TENANTS, Tenant
from drs_sync_policy.sandbox.store.database import IN_MEMORY, Database, is_unavailable
from drs_sync_policy.sandbox.store.store import Principal, Store, seed_tenants
from drs_sync_policy.sandbox.switchboard import Switchboard
from drs_sync_policy.sandbox.switches import Switches

DEFAULT_MAX_BODY_BYTES: Final = 12 * 1024 * 1024
"""What the vendor's gateway takes: 12 MB."""

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
        fellows: bool = False,
    ) -> None:
        self._database = Database(database)
        known = tuple(tenants) if seed else ()
        if known:
            self._database.transact(lambda connection: seed_tenants(connection, known))
        self._store = Store(self._database)
        self._iam = Iam(self._store)
        contract = contract or load()
        board = Switchboard(
            contract,
            self._store,
            faults=faults,
            credentials=self._signed if aksk else None,
            handlers={**HANDLERS, **(handlers or {})},
        )
        self._switches = Switches(self._store, board, Sky(), fellows=fellows)
        self._control = Control(self._store, self._switches)
        self._console = Console(contract, token=known[0].token if known else "")
        self._max_body_bytes = max_body_bytes

    def app(self, *, service: bool = True, control: bool = True, owner: bool = True) -> Starlette:
        """What is served on one port: the imitated API, the control routes, or both.

        The end of the `owner`'s lifespan is the end of the sandbox.
        """

        async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
            await self._serve(scope, receive, send, service=service, control=control)

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncGenerator[None, None]:
            if not owner:
                yield
                return
            following = asyncio.create_task(self._switches.follow())
            yield
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            self.close()

        return _starlette(endpoint, lifespan)

    def close(self) -> None:
        """Let go of the database, once what is under way has ended."""
        self._database.close()

    async def _signed(self, call: Call) -> Principal | None:
        if not signature.is_signed(call):
            return None
        account = await signed_account(self._store, call)
        return None if account is None else Principal(account.project_id)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, *, service: bool, control: bool
    ) -> None:
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        call = from_asgi(scope, receive, max_body_bytes=self._max_body_bytes)
        wire: Wire | None = None
        try:
            wire = await self._answer(call, service=service, control=control)
        except ClientDisconnect:
            return
        except ConnectionReset:
            await _reset(scope, receive, call)
        finally:
            accesslog.log(call, wire.status if wire else None, time.perf_counter() - began)
        if wire is not None:
            await wire.send(send)

    async def _answer(self, call: Call, *, service: bool, control: bool) -> Wire:
        try:
            if control and self._console.serves(call):
                return self._console.take(call, service=service)
            if control and call.segments[1:2] == (PREFIX,):
                return answer.render(await self._control.take(call), call)
            if call.segments == _HEALTH:
                return answer.render(await self._health(call), call)
            if service:
                return await self._imitate(call)
            raise refusal.no_such_path()
        except (ClientDisconnect, ConnectionReset):
            raise
        except Refusal as refused:
            return answer.render(answer.refused(refused, call), call)
        except Exception as error:  # noqa: BLE001 - the last line: every answer has its shape
            return answer.render(answer.refused(self._failure(error, call), call), call)

    async def _imitate(self, call: Call) -> Wire:
        await self._switches.sky.strike()
        if self._iam.serves(call):
            return answer.render(await self._iam.take(call), call)
        return await self._switches.board.steps.take(call)

    async def _health(self, call: Call) -> Answer:
        if call.method not in ("GET", "HEAD"):
            raise refusal.no_such_method(("GET", "HEAD"))
        await self._database.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
        return Answer(200, {"status": "ok"})

    def _failure(self, error: Exception, call: Call) -> Refusal:
        if is_unavailable(error):
            _LOG.warning("request %s: the database is away (%s)", call.request_id, type(error))
            return refusal.unavailable()
        _LOG.error("request %s failed", call.request_id, exc_info=error)
        return refusal.service_failed()


def create_app(*, control: bool = True, **options: Any) -> Starlette:
    """A sandbox that keeps every decision of the contract, as an ASGI application.

    Args:
        control: whether the control routes under `/_sandbox/` are there.
        options: `database`, a URL: `sqlite://` (in memory, the default), `sqlite:///FILE` or
            `postgresql://...`; `contract`, an edition of the contract, the base by default;
            `tenants`, who may call, and `seed`, whether they are known from the start (a stored
            policy is never touched by it); `faults`, names of the catalogue, each of which breaks
            one promise on purpose; `handlers`, by operationId what makes the handler of an
            operation (a `HandlerFactory`), for a contract with an operation that the sandbox has
            none for, or instead of its own; `aksk`, whether signed calls are taken as well as
            tokens;
            `max_body_bytes`, above which a body gets 413; `fellows`, whether other workers share
            the database, so that switches are told to them.

    Raises:
        BadDatabaseError: the URL names no database that can be used.
        NoHandlerError: the contract has an operation that there is no handler for.
        UnknownFaultError: there is no fault of one of the names.

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


async def _reset(scope: Scope, receive: Receive, call: Call) -> None:
    # A client that is still sending would learn of the reset while it does, and then read an end.
    with suppress(Refusal, ClientDisconnect):
        await call.body.read()
    abort = scope.get("state", {}).get("abort")
    if abort is None:
        raise ConnectionResetError("the sandbox was told to reset this connection")
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass
