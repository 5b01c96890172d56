"""The database of a sandbox: connections, transactions, and which thread waits for them."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from drs_sync_policy.sandbox.store.schema import METADATA

IN_MEMORY: Final = "sqlite://"
_BUSY_SECONDS: Final = 30.0
_ADVISORY_LOCK: Final = 7251_3340
"""Held while tables are created, so that workers that start together do not collide."""

T = TypeVar("T")


class BadDatabaseError(ValueError):
    """The URL does not name a database that the sandbox can use."""


class Database:
    """One database: reads and writes as transactions that end before their result is seen.

    SQLite is read on the caller's thread, because a reader never waits for a writer (WAL). Work
    that waits for the disk or another machine runs on threads: one for writes, a few for reads.
    """

    def __init__(self, url: str) -> None:
        self._url = _parse(url)
        self._engine = _engine(self._url)
        self._writing = self._engine.execution_options(**{_WRITES: True})
        self._lock = threading.Lock()
        self.in_memory: bool = _is_in_memory(self._url)
        self._writers = ThreadPoolExecutor(1, thread_name_prefix="sandbox-write")
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="sandbox-read")
        self._finalizer = weakref.finalize(
            self, _close, self._engine, (self._writers, self._readers)
        )
        try:
            self.transact(_create_tables)
        except (DBAPIError, PoolTimeoutError) as error:
            self.close()
            raise BadDatabaseError(
                f"cannot use the database `{self.name}`: {_reason(error)}"
            ) from error

    @property
    def name(self) -> str:
        """The URL without its password."""
        return self._url.render_as_string(hide_password=True)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What `query` returns; it must not write."""
        if self._url.get_backend_name() == "sqlite":
            return self._query(query)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._query, query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """What `change` returns, after its transaction is committed."""
        if self.in_memory:
            return self.transact(change)
        return await asyncio.get_running_loop().run_in_executor(
            self._writers, self.transact, change
        )

    def transact(self, change: Callable[[Connection], T]) -> T:
        """As `write`, for callers that may block."""
        with self._guard(), self._writing.begin() as connection:
            return change(connection)

    def close(self) -> None:
        """Finish what is under way, then close the database. Safe to call twice."""
        self._finalizer()

    def _query(self, query: Callable[[Connection], T]) -> T:
        with self._guard(), self._engine.connect() as connection:
            return query(connection)

    def _guard(self) -> Any:
        return self._lock if self.in_memory else _NO_GUARD


_NO_GUARD: Final = nullcontext()
_WRITES: Final = "drs_writes"


def is_unavailable(error: BaseException) -> bool:
    """Whether `error` says that the database is unavailable, so that a retry may succeed."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeoutError):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadDatabaseError(
            f"`{url}` is not a database URL; use `sqlite://` (in memory), `sqlite:///FILE` or"
            " `postgresql://USER:PASSWORD@HOST/NAME`"
        ) from error
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise BadDatabaseError(
            f"the sandbox keeps its state in `sqlite` or `postgresql`, not in `{backend}`"
        )
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def _reason(error: DBAPIError | PoolTimeoutError) -> str:
    """The driver's own words, on one line."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(original).split())


def _is_in_memory(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite(url)
        return create_engine(
            url, pool_pre_ping=True, pool_timeout=3, connect_args={"connect_timeout": 3}
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise BadDatabaseError(
            f"the driver for `{url.drivername}` is missing: install `psycopg[binary]`"
        ) from error


def _sqlite(url: URL) -> Engine:
    options: dict[str, Any] = {"check_same_thread": False, "timeout": _BUSY_SECONDS}
    if _is_in_memory(url):
        engine = create_engine(url, connect_args=options, poolclass=StaticPool)
    else:
        engine = create_engine(url, connect_args=options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # this module says BEGIN itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        # IMMEDIATE: a transaction that reads before it writes must not lose its turn in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif not _is_in_memory(connection.engine.url):
        # In memory nobody else has the one connection while it is read.
        connection.exec_driver_sql("BEGIN")


def _create_tables(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    METADATA.create_all(connection)


def _close(engine: Engine, pools: tuple[ThreadPoolExecutor, ...]) -> None:
    for pool in pools:
        pool.shutdown(wait=True)
    engine.dispose()
