"""The tables of the sandbox, one schema for SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, Float, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

METADATA: Final = MetaData()


class AnyText(TypeDecorator[str]):
    """Text that may contain NUL, which PostgreSQL rejects: stored escaped by a backslash."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok: bool | None = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else unescape(value)


def escape(text: str) -> str:
    """`text` without NUL: each becomes a backslash and a zero, and each backslash two."""
    if "\\" in text or "\0" in text:
        return text.replace("\\", "\\\\").replace("\0", "\\0")
    return text


def unescape(text: str) -> str:
    """The inverse of `escape`."""
    if "\\" not in text:
        return text
    return "\\".join(part.replace("\\0", "\0") for part in text.split("\\\\"))


class JsonText(TypeDecorator[dict[str, Any]]):
    """A JSON object as ASCII text: every other code point is escaped, NUL among them."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok: bool | None = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else json.loads(value)


JOB: Final = Table(
    "job",
    METADATA,
    Column("project_id", AnyText, primary_key=True),
    Column("job_id", AnyText, primary_key=True),
    Column("state", Text, nullable=False),
    # The stored policy: the fields that requests have set, under the contract's names.
    Column("policy", JsonText, nullable=False),
)

ACCOUNT: Final = Table(
    "account",
    METADATA,
    Column("domain", AnyText, primary_key=True),
    Column("user", AnyText, primary_key=True),
    Column("password_sha256", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("access_key", Text, nullable=False, unique=True),
    # In clear, for a signature can only be checked with the key itself.
    Column("secret_key", Text, nullable=False),
)

SETTING: Final = Table(
    "setting",
    METADATA,
    # What control routes changed, for every worker on this database to follow.
    Column("name", Text, primary_key=True),
    Column("value", JsonText, nullable=False),
)

TOKEN: Final = Table(
    "token",
    METADATA,
    # Only the digest is kept: a token cannot be read from the database, nor found by its prefix.
    Column("sha256", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("expires_at", Float, nullable=False),
)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose key does not exist yet; returns how many that were."""
    # Each database has an `insert` of its own: that of the others needs not be imported.
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    statement = dialect.insert(table).on_conflict_do_nothing()
    # Without this option some drivers do not report the number of rows.
    statement = statement.execution_options(preserve_rowcount=True)
    return sum(connection.execute(statement, dict(row)).rowcount for row in rows)
