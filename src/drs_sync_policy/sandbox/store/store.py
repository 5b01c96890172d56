"""What the sandbox remembers: jobs, their states and policies, and who may call."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from attrs import field, frozen
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    any_,
    bindparam,
    delete,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from drs_sync_policy.sandbox.seed import Tenant
from drs_sync_policy.sandbox.states import ALLOWED_STATES
from drs_sync_policy.sandbox.store.database import Database
from drs_sync_policy.sandbox.store.group_commit import Together
from drs_sync_policy.sandbox.store.schema import ACCOUNT, JOB, SWITCHES, TOKEN, escape

_PATIENCE: Final = 40
"""How many turns of the loop a commit waits for more calls to share it with, where they come in
company: measured with 8 clients on a file, it halves the number of commits."""


@frozen
class Item:
    """What one item of a batch asks for: the job, and the fields to set."""

    job_id: str
    fields: Mapping[str, Any]


@frozen
class Batch:
    """The items of one call, all of one project, in the order of the request."""

    project_id: str
    items: tuple[Item, ...]


UNKNOWN_JOB: Final = "DRS.M05003"
BLOCKED_JOB: Final = "DRS.M00304"

Outcome = str | None
"""The error code of an item that failed, or None where it succeeded."""


@frozen
class Job:
    """A job as it is stored."""

    project_id: str
    job_id: str
    state: str
    policy: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen
class Principal:
    """Who is calling: the project that the credentials belong to."""

    project_id: str


@frozen
class Account:
    """A user of IAM, the project that it is for, and its access key."""

    domain: str
    user: str
    project_id: str
    project: str
    secret_key: str = field(repr=False)


class Policies(Protocol):
    """What an operation asks of the store, and no more."""

    async def apply(self, batch: Batch) -> Sequence[Outcome]:
        """Set the policies of `batch` in one transaction; one outcome for each item, in order."""
        ...

    async def principal(self, token: str) -> Principal | None:
        """Whose token this is, or None where it is unknown or has expired."""
        ...

    async def job(self, project_id: str, job_id: str) -> Job | None:
        """The job, or None where the project has none of that id."""
        ...


class Store:
    """Jobs and credentials in a database. Every method returns after its transaction has ended."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._applying = Together(self._apply_all, patience=0 if database.in_memory else _PATIENCE)
        self._asking = Together(self._principals)

    async def apply(self, batch: Batch) -> Sequence[Outcome]:
        """Set the policies of `batch` in one transaction; one outcome for each item, in order."""
        return await self._applying.ask(batch)

    async def principal(self, token: str) -> Principal | None:
        """Whose token this is, or None where it is unknown or has expired."""
        return await self._asking.ask(token)

    async def _apply_all(self, batches: Sequence[Batch]) -> Sequence[Sequence[Outcome]]:
        return await self.database.write(lambda connection: _apply(connection, batches))

    async def _principals(self, tokens: Sequence[str]) -> Sequence[Principal | None]:
        return await self.database.read(lambda connection: _principals(connection, tokens))

    async def issue(self, token: str, project_id: str, expires_at: float) -> None:
        """Know a new token until a time in seconds since 1970."""
        row = _token_row(token, project_id, expires_at)
        await self.database.write(lambda connection: _insert_new(connection, TOKEN, [row]))

    async def account(self, *, domain: str, user: str, password: str) -> Account | None:
        """The user of this name and password, or None."""
        return await self.database.read(
            lambda connection: _account(connection, domain, user, password)
        )

    async def key_holder(self, access_key: str) -> Account | None:
        """The user that this access key belongs to, or None."""
        query = select(ACCOUNT).where(ACCOUNT.c.access_key == digestible(access_key))
        return await self.database.read(
            lambda connection: _as_account(connection.execute(query).first())
        )

    async def switches(self) -> Mapping[str, Any]:
        """What control routes have switched, under the name of each switch."""
        return await self.database.read(
            lambda connection: {row.name: row.value for row in connection.execute(select(SWITCHES))}
        )

    async def switch(self, name: str, value: Mapping[str, Any]) -> None:
        """Remember a switch, for every worker to follow."""
        await self.database.write(lambda connection: _switch(connection, name, value))

    async def job(self, project_id: str, job_id: str) -> Job | None:
        """The job, or None where the project has none of that id."""
        return await self.database.read(lambda connection: _job(connection, project_id, job_id))

    async def jobs(self, project_id: str) -> Sequence[Job]:
        """The jobs of a project, by id."""
        return await self.database.read(lambda connection: _jobs(connection, project_id))

    async def create(self, job: Job) -> bool:
        """Store a new job; False where the project has one of that id already."""
        return await self.database.write(lambda connection: _create(connection, job))

    async def set_state(self, project_id: str, job_id: str, state: str) -> bool:
        """Put a job into a state; False where the project has no such job."""
        return await self.database.write(
            lambda connection: _set_state(connection, project_id, job_id, state)
        )

    async def overwrite(self, project_id: str, job_id: str, policy: Mapping[str, Any]) -> None:
        """Replace the whole stored policy of a job, whatever its state."""
        change = {"the_project": project_id, "the_job": job_id, "policy": dict(policy)}
        await self.database.write(lambda connection: connection.execute(_SET_POLICY, [change]))

    async def reset(self, tenants: Iterable[Tenant]) -> None:
        """Forget every job and every credential, then know `tenants`; switches stay as they are."""
        await self.database.write(lambda connection: _reset(connection, tenants))

    async def seed(self, tenants: Iterable[Tenant]) -> None:
        """Know `tenants`, too; a job that is there already keeps its state and policy."""
        await self.database.write(lambda connection: seed_tenants(connection, tenants))


def _apply(connection: Connection, batches: Sequence[Batch]) -> list[list[Outcome]]:
    wanted = {(batch.project_id, item.job_id) for batch in batches for item in batch.items}
    found = {(row.project_id, row.job_id): row for row in _locked(connection, wanted)}
    policies: dict[tuple[str, str], Mapping[str, Any]] = {}
    outcomes = [
        [_outcome(found, policies, batch, item) for item in batch.items] for batch in batches
    ]
    changed = [
        {"the_project": project_id, "the_job": job_id, "policy": policy}
        for (project_id, job_id), policy in policies.items()
        if policy != found[project_id, job_id].policy
    ]
    if changed:
        connection.execute(_SET_POLICY, changed)
    return outcomes


def _outcome(
    found: Mapping[tuple[str, str], Row[Any]],
    policies: dict[tuple[str, str], Mapping[str, Any]],
    batch: Batch,
    item: Item,
) -> Outcome:
    key = (batch.project_id, item.job_id)
    row = found.get(key)
    if row is None:
        return UNKNOWN_JOB
    if row.state not in ALLOWED_STATES:
        return BLOCKED_JOB
    stored: Mapping[str, Any] = row.policy
    policies[key] = {**policies.get(key, stored), **item.fields}
    return None


def _locked(connection: Connection, wanted: Iterable[tuple[str, str]]) -> Iterator[Row[Any]]:
    # In one order everywhere, so that two workers never wait for each other's locks.
    by_project: dict[str, list[str]] = {}
    for project_id, job_id in sorted(wanted):
        by_project.setdefault(project_id, []).append(escape(job_id))
    for project_id, ids in by_project.items():
        if connection.dialect.name == "postgresql":
            yield from connection.execute(_LOCK_ARRAY, {"the_project": project_id, "the_jobs": ids})
        else:
            given = {"the_project": project_id, "the_jobs": json.dumps(ids)}
            yield from connection.execute(_LOCK_JSON, given)


def _lock(among: ColumnElement[bool]) -> Select[Any]:
    wanted = select(JOB).where(JOB.c.project_id == bindparam("the_project"), among)
    return wanted.order_by(JOB.c.job_id).with_for_update()


# All ids in one value: the text of the query is the same for one job and for half a million.
_STORED_ID: Final = type_coerce(JOB.c.job_id, Text)
_LOCK_ARRAY: Final = _lock(any_(bindparam("the_jobs", type_=ARRAY(Text))) == _STORED_ID)
_LOCK_JSON: Final = _lock(
    _STORED_ID.in_(
        select(func.json_each(bindparam("the_jobs", type_=Text)).table_valued("value").c.value)
    )
)
_SET_POLICY: Final = (
    update(JOB)
    .where(
        JOB.c.project_id == bindparam("the_project"),
        JOB.c.job_id == bindparam("the_job"),
    )
    .values(policy=bindparam("policy"))
)
_TOKENS: Final = select(TOKEN).where(TOKEN.c.sha256.in_(bindparam("digests", expanding=True)))


def digest(token: str) -> str:
    """What is kept of a token: the SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def _principals(connection: Connection, tokens: Sequence[str]) -> list[Principal | None]:
    digests = [digest(token) for token in tokens]
    rows = {row.sha256: row for row in connection.execute(_TOKENS, {"digests": digests})}
    now = time.time()
    return [_principal(rows.get(wanted), wanted, now) for wanted in digests]


def _principal(row: Row[Any] | None, wanted: str, now: float) -> Principal | None:
    # The index finds the row by a digest that a caller cannot steer; the last word is said in
    # constant time.
    if row is None or not hmac.compare_digest(row.sha256, wanted):
        return None
    return Principal(row.project_id) if now < row.expires_at else None


def _account(connection: Connection, domain: str, user: str, password: str) -> Account | None:
    query = select(ACCOUNT).where(ACCOUNT.c.domain == domain, ACCOUNT.c.user == user)
    row = connection.execute(query).first()
    known = row.password_sha256 if row is not None else ""
    return _as_account(row) if hmac.compare_digest(known, digest(password)) else None


def _as_account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    return Account(row.domain, row.user, row.project_id, row.project, row.secret_key)


def digestible(text: str) -> str:
    """`text` as every database takes it: no key or name that is known has a NUL in it."""
    return text.replace("\0", "")


def _switch(connection: Connection, name: str, value: Mapping[str, Any]) -> None:
    connection.execute(delete(SWITCHES).where(SWITCHES.c.name == name))
    _insert_new(connection, SWITCHES, [{"name": name, "value": dict(value)}])


def _job(connection: Connection, project_id: str, job_id: str) -> Job | None:
    row = connection.execute(
        select(JOB).where(JOB.c.project_id == project_id, JOB.c.job_id == job_id)
    ).first()
    return None if row is None else Job(*row)


def _jobs(connection: Connection, project_id: str) -> list[Job]:
    rows = connection.execute(
        select(JOB).where(JOB.c.project_id == project_id).order_by(JOB.c.job_id)
    )
    return [Job(*row) for row in rows]


def _create(connection: Connection, job: Job) -> bool:
    row = {
        "project_id": job.project_id,
        "job_id": job.job_id,
        "state": job.state,
        "policy": dict(job.policy),
    }
    return _insert_new(connection, JOB, [row]) == 1


def _set_state(connection: Connection, project_id: str, job_id: str, state: str) -> bool:
    change = update(JOB).where(JOB.c.project_id == project_id, JOB.c.job_id == job_id)
    return connection.execute(change.values(state=state)).rowcount == 1


def _reset(connection: Connection, tenants: Iterable[Tenant]) -> None:
    connection.execute(delete(JOB))
    connection.execute(delete(TOKEN))
    connection.execute(delete(ACCOUNT))
    seed_tenants(connection, tenants)


def seed_tenants(connection: Connection, tenants: Iterable[Tenant]) -> None:
    """Know `tenants`: their credentials, and those of their jobs that are not there yet."""
    for tenant in tenants:
        _insert_new(connection, ACCOUNT, [_account_row(tenant)])
        _insert_new(
            connection,
            TOKEN,
            [
                _token_row(tenant.token, tenant.project_id, math.inf),
                _token_row(tenant.expired_token, tenant.project_id, 0.0),
            ],
        )
        _insert_new(
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


def _token_row(token: str, project_id: str, expires_at: float) -> dict[str, Any]:
    return {"sha256": digest(token), "project_id": project_id, "expires_at": expires_at}


def _insert_new(connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing()
    # Without this the number of rows is only kept where no driver needs it for anything else.
    statement = statement.execution_options(preserve_rowcount=True)
    return sum(connection.execute(statement, dict(row)).rowcount for row in rows)
