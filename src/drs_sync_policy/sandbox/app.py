"""The sandbox as an ASGI application."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from drs_sync_policy.contract import Contract, load
from drs_sync_policy.sandbox import answer, refusal
from drs_sync_policy.sandbox.answer import Answer, Wire
from drs_sync_policy.sandbox.call import Call, from_asgi
from drs_sync_policy.sandbox.control import PREFIX, Control
from drs_sync_policy.sandbox.database import IN_MEMORY, Database, is_unavailable
from drs_sync_policy.sandbox.refusal import Refusal
from drs_sync_policy.sandbox.seed import TENANTS, Tenant
from drs_sync_policy.sandbox.store import Store, seed_tenants
from drs_sync_policy.sandbox.switchboard import Switchboard

DEFAULT_MAX_BODY_BYTES: Final = 12 * 1024 * 1024
"""What the vendor's gateway takes: 12 MB."""

_LOG: Final = logging.getLogger(__name__)


class Sandbox:
    """One running imitation of the service: its steps, its control routes, its state."""

    def __init__(
        self,
        board: Switchboard,
        *,
        database: Database,
        control: Control | None,
        max_body_bytes: int,
    ) -> None:
        self._board = board
        self._database = database
        self._control = control
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; a client that goes away in the middle gets no answer."""
        if scope["type"] != "http":
            return
        call = from_asgi(scope, receive, max_body_bytes=self._max_body_bytes)
        try:
            wire = await self._answer(call)
        except ClientDisconnect:
            return
        await wire.send(send)

    async def _answer(self, call: Call) -> Wire:
        try:
            if self._control is not None and call.segments[1:2] == (PREFIX,):
                return answer.render(await self._control.take(call), call)
            if call.segments == (b"", b"healthz"):
                return answer.render(await self._health(call), call)
            return await self._board.steps.take(call)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 - the last line: every answer has its shape
            return answer.render(answer.refused(self._failure(error, call), call), call)

    async def _health(self, call: Call) -> Answer:
        if call.method not in ("GET", "HEAD"):
            return answer.refused(refusal.no_such_method(("GET", "HEAD")), call)
        await self._database.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
        return Answer(200, {"status": "ok"})

    def _failure(self, error: Exception, call: Call) -> Refusal:
        if is_unavailable(error):
            _LOG.warning("request %s: the database is away: %s", call.request_id, type(error))
            return refusal.unavailable()
        _LOG.error("request %s failed", call.request_id, exc_info=error)
        return refusal.service_failed()


def create_app(
    *,
    database: str = IN_MEMORY,
    contract: Contract | None = None,
    seed: bool = True,
    tenants: Iterable[Tenant] = TENANTS,
    faults: Iterable[str] = (),
    control: bool = True,
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
) -> Starlette:
    """A sandbox that keeps every decision of `contract`, as an ASGI application.

    Args:
        database: `sqlite://` (in memory), `sqlite:///FILE`, or a `postgresql://` URL.
        contract: an edition of the contract; the shipped base by default.
        seed: whether `tenants` are known from the start; a stored policy is never touched by it.
        tenants: who may call, and their jobs.
        faults: names of the catalogue of faults; each breaks one promise on purpose.
        control: whether the control routes under `/_sandbox/` are there.
        max_body_bytes: a larger body gets 413.

    Raises:
        BadDatabaseError: the URL names no database that can be used.
        NoHandlerError: the contract has an operation that the sandbox cannot carry out.
        UnknownFaultError: there is no fault of one of the names.
    """
    state = Database(database)
    if seed:
        known = tuple(tenants)
        state.transact(lambda connection: seed_tenants(connection, known))
    store = Store(state)
    board = Switchboard(contract or load(), store, faults)
    sandbox = Sandbox(
        board,
        database=state,
        control=Control(store, board) if control else None,
        max_body_bytes=max_body_bytes,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None, None]:
        yield
        state.close()

    app = Starlette(lifespan=lifespan)
    # Not as a route: Starlette's routes match the decoded path, where `%2F` has become a slash.
    app.router.default = sandbox
    return app
