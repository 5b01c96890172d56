"""The tables of the sandbox, one schema for SQLite and PostgreSQL."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Column, Dialect, Float, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

METADATA: Final = MetaData()


class AnyText(TypeDecorator[str]):
    """Text that may hold NUL, which PostgreSQL refuses: it is stored escaped by a backslash."""

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
    """What `escape` was given."""
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
    # The stored policy: the fields that calls have set, under the contract's names.
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

SWITCHES: Final = Table(
    "switches",
    METADATA,
    # What control routes switched, for every worker on this database to follow.
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
