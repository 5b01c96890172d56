"""Tokens, users and access keys, and the tenants that they belong to."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, select

from drs_sync_policy.sandbox.seed import Tenant
from drs_sync_policy.sandbox.store.records import Account, Principal
from drs_sync_policy.sandbox.store.schema import ACCOUNT, JOB, TOKEN, insert_new

_TOKENS: Final = select(TOKEN).where(TOKEN.c.sha256.in_(bindparam("digests", expanding=True)))


def digest(token: str) -> str:
    """What is stored of a token: the SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def principals(connection: Connection, tokens: Sequence[str]) -> list[Principal | None]:
    """The owner of each token, or None if it is unknown or has expired."""
    digests = [digest(token) for token in tokens]
    rows = {row.sha256: row for row in connection.execute(_TOKENS, {"digests": digests})}
    now = time.time()
    return [_principal(rows.get(wanted), wanted, now) for wanted in digests]


def _principal(row: Row[Any] | None, wanted: str, now: float) -> Principal | None:
    # The index finds the row by a digest that a caller cannot steer; the final comparison takes
    # constant time.
    if row is None or not hmac.compare_digest(row.sha256, wanted):
        return None
    return Principal(row.project_id) if now < row.expires_at else None


def account(connection: Connection, domain: str, user: str, password: str) -> Account | None:
    """The user of this name and password, or None."""
    query = select(ACCOUNT).where(ACCOUNT.c.domain == domain, ACCOUNT.c.user == user)
    row = connection.execute(query).first()
    known = row.password_sha256 if row is not None else ""
    return _as_account(row) if hmac.compare_digest(known, digest(password)) else None


def key_holder(connection: Connection, access_key: str) -> Account | None:
    """The user that this access key belongs to, or None."""
    query = select(ACCOUNT).where(ACCOUNT.c.access_key == digestible(access_key))
    return _as_account(connection.execute(query).first())


def _as_account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    return Account(row.domain, row.user, row.project_id, row.project, row.secret_key)


def digestible(text: str) -> str:
    """`text` without NUL, which databases reject; no known key or name contains one."""
    return text.replace("\0", "")


def reset(connection: Connection, tenants: Iterable[Tenant]) -> None:
    """Delete every job and every credential, then add `tenants`."""
    connection.execute(delete(JOB))
    connection.execute(delete(TOKEN))
    connection.execute(delete(ACCOUNT))
    seed_tenants(connection, tenants)


def seed_tenants(connection: Connection, tenants: Iterable[Tenant]) -> None:
    """Add `tenants`: their credentials, and those of their jobs that do not exist yet."""
    for tenant in tenants:
        insert_new(connection, ACCOUNT, [_account_row(tenant)])
        insert_new(
            connection,
            TOKEN,
            [
                token_row(tenant.token, tenant.project_id, math.inf),
                token_row(tenant.expired_token, tenant.project_id, 0.0),
            ],
        )
        insert_new(
            connection,
            JOB,
            [
                {"project_id": tenant.project_id, "job_id": job_id, "state": state, "policy": {}}
                for job_id, state in tenant.states.items()
            ],
        )


def _account_row(tenant: Tenant) -> dict[str, Any]:
    return {
        "domain": tenant.domain,
        "user": tenant.user,
        "password_sha256": digest(tenant.password),
        "project_id": tenant.project_id,
        "project": tenant.project,
        "access_key": tenant.access_key,
        "secret_key": tenant.secret_key,
    }


def token_row(token: str, project_id: str, expires_at: float) -> dict[str, Any]:
    """The stored form of a token."""
    return {"sha256": digest(token), "project_id": project_id, "expires_at": expires_at}
