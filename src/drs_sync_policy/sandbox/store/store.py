"""The store of the sandbox: jobs, their states and policies, and credentials, in a database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from drs_sync_policy.sandbox.seed import Tenant
from drs_sync_policy.sandbox.states import UNKNOWN_JOB
from drs_sync_policy.sandbox.store import accounts
from drs_sync_policy.sandbox.store.batches import SET_POLICY, apply, known_jobs, merged
from drs_sync_policy.sandbox.store.database import Database
from drs_sync_policy.sandbox.store.group_commit import GroupCommit
from drs_sync_policy.sandbox.store.records import (
    Account,
    Batch,
    Item,
    ItemResult,
    Job,
    Principal,
)
from drs_sync_policy.sandbox.store.schema import JOB, SETTING, TOKEN, insert_new

_PATIENCE: Final = 40
"""How many turns of the loop a commit waits for more requests to share it with, if the last group
had several. With 8 clients on a file, it halves the number of commits."""


_LARGE_BATCH: Final = 5000
"""How many items make a batch large: its items are then reduced to the jobs that exist."""

_LOOKED_UP_AT_ONCE: Final = 1000
_CREATED_AT_ONCE: Final = 1000
_CHECKED: Final = "checked"
_ONE_JOB: Final = select(JOB).where(
    JOB.c.project_id == bindparam("the_project"), JOB.c.job_id == bindparam("the_job")
)


class Store:
    """Jobs and credentials in a database. Every method returns after its transaction ended."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._applying = GroupCommit(
            self._apply_all, patience=0 if database.in_memory else _PATIENCE
        )
        self._authenticating = GroupCommit(self._principals)

    async def apply(self, batch: Batch) -> Sequence[ItemResult]:
        """Set the policies of `batch` in one transaction; one result for each item, in order."""
        if len(batch.items) > _LARGE_BATCH:
            return await self._apply_large(batch)
        return await self._applying.submit(batch)

    async def _apply_large(self, batch: Batch) -> Sequence[ItemResult]:
        """As `apply`, with a transaction for the known jobs only, so that others wait less.

        A job that is created at the same time counts as created later.
        """
        fields = await asyncio.to_thread(merged, batch.items)
        known = await self._known(batch.project_id, list(fields))
        distinct = tuple(Item(job_id, fields[job_id]) for job_id in known)
        codes = await self._applying.submit(Batch(batch.project_id, distinct))
        by_job = dict(zip(known, codes, strict=True))
        return await asyncio.to_thread(
            lambda: [by_job.get(item.job_id, UNKNOWN_JOB) for item in batch.items]
        )

    async def _known(self, project_id: str, ids: Sequence[str]) -> list[str]:
        found: list[str] = []
        for start in range(0, len(ids), _LOOKED_UP_AT_ONCE):
            some = ids[start : start + _LOOKED_UP_AT_ONCE]
            found += await self.database.read(partial(known_jobs, project_id=project_id, ids=some))
            await asyncio.sleep(0)  # SQLite reads on the loop: other requests have their turn
        return found

    async def principal(self, token: str) -> Principal | None:
        """Whose token this is, or None if it is unknown or has expired."""
        return await self._authenticating.submit(token)

    async def _apply_all(self, group: Sequence[Batch]) -> Sequence[Sequence[ItemResult]]:
        return await self.database.write(lambda connection: apply(connection, group))

    async def _principals(self, tokens: Sequence[str]) -> Sequence[Principal | None]:
        return await self.database.read(lambda connection: accounts.principals(connection, tokens))

    async def issue(self, token: str, project_id: str, expires_at: float) -> None:
        """Store a new token, valid until a time in seconds since 1970."""
        row = accounts.token_row(token, project_id, expires_at)
        await self.database.write(lambda connection: insert_new(connection, TOKEN, [row]))

    async def account(self, *, domain: str, user: str, password: str) -> Account | None:
        """The user of this name and password, or None."""
        return await self.database.read(
            lambda connection: accounts.account(connection, domain, user, password)
        )

    async def key_holder(self, access_key: str) -> Account | None:
        """The user that this access key belongs to, or None."""
        return await self.database.read(
            lambda connection: accounts.key_holder(connection, access_key)
        )

    async def check(self) -> None:
        """Raise what reading or writing raises now, such as a full disk or a lost connection."""
        await self.database.write(
            lambda connection: _set_setting(connection, _CHECKED, {"at": time.time()})
        )

    async def settings(self) -> Mapping[str, Any]:
        """What control routes have changed, by the name of the setting."""
        return await self.database.read(
            lambda connection: {row.name: row.value for row in connection.execute(select(SETTING))}
        )

    async def set_setting(self, name: str, value: Mapping[str, Any]) -> None:
        """Store a setting for every worker to follow."""
        await self.database.write(lambda connection: _set_setting(connection, name, value))

    async def job(self, project_id: str, job_id: str) -> Job | None:
        """The job, or None if the project has no job of that id."""
        return await self.database.read(lambda connection: _job(connection, project_id, job_id))

    async def jobs(self, project_id: str) -> Sequence[Job]:
        """The jobs of a project, by id."""
        return await self.database.read(lambda connection: _jobs(connection, project_id))

    async def named(self, project_id: str, ids: Sequence[str]) -> Mapping[str, Job]:
        """The jobs of a project that have these ids, read some at a time."""
        found: dict[str, Job] = {}
        for start in range(0, len(ids), _LOOKED_UP_AT_ONCE):
            some = ids[start : start + _LOOKED_UP_AT_ONCE]
            jobs = await self.database.read(partial(_named, project_id=project_id, ids=some))
            found |= {job.job_id: job for job in jobs}
            await asyncio.sleep(0)  # SQLite reads on the loop: other requests have their turn
        return found

    async def create(self, job: Job) -> bool:
        """Store a new job; False if the project has a job of that id already."""
        return await self.database.write(lambda connection: _create(connection, job))

    async def create_many(self, jobs: Sequence[Job]) -> None:
        """Store new jobs, some at a time; their ids must not exist."""
        for start in range(0, len(jobs), _CREATED_AT_ONCE):
            some = jobs[start : start + _CREATED_AT_ONCE]
            await self.database.write(partial(_create_many, jobs=some))
            await asyncio.sleep(0)  # memory is written on the loop: other requests have their turn

    async def set_state(self, project_id: str, job_id: str, state: str) -> bool:
        """Put a job into a state; False if the project has no such job."""
        return await self.database.write(
            lambda connection: _set_state(connection, project_id, job_id, state)
        )

    async def overwrite(self, project_id: str, job_id: str, policy: Mapping[str, Any]) -> None:
        """Replace the whole stored policy of a job, whatever its state."""
        change = {"the_project": project_id, "the_job": job_id, "policy": dict(policy)}
        await self.database.write(lambda connection: connection.execute(SET_POLICY, [change]))

    async def reset(self, tenants: Iterable[Tenant]) -> None:
        """Delete every job and every credential, then add `tenants`; settings stay as they are."""
        await self.database.write(lambda connection: accounts.reset(connection, tenants))

    async def seed(self, tenants: Iterable[Tenant]) -> None:
        """Add `tenants`; a job that exists already keeps its state and policy."""
        await self.database.write(lambda connection: accounts.seed_tenants(connection, tenants))


def _set_setting(connection: Connection, name: str, value: Mapping[str, Any]) -> None:
    connection.execute(delete(SETTING).where(SETTING.c.name == name))
    insert_new(connection, SETTING, [{"name": name, "value": dict(value)}])


def _job(connection: Connection, project_id: str, job_id: str) -> Job | None:
    row = connection.execute(_ONE_JOB, {"the_project": project_id, "the_job": job_id}).first()
    return None if row is None else Job(*row)


def _jobs(connection: Connection, project_id: str) -> list[Job]:
    rows = connection.execute(
        select(JOB).where(JOB.c.project_id == project_id).order_by(JOB.c.job_id)
    )
    return [Job(*row) for row in rows]


def _named(connection: Connection, project_id: str, ids: Sequence[str]) -> list[Job]:
    named = select(JOB).where(JOB.c.project_id == project_id, JOB.c.job_id.in_(ids))
    return [Job(*row) for row in connection.execute(named)]


def _create(connection: Connection, job: Job) -> bool:
    return insert_new(connection, JOB, [job.as_json()]) == 1


def _create_many(connection: Connection, jobs: Sequence[Job]) -> None:
    connection.execute(insert(JOB), [job.as_json() for job in jobs])


def _set_state(connection: Connection, project_id: str, job_id: str, state: str) -> bool:
    change = update(JOB).where(JOB.c.project_id == project_id, JOB.c.job_id == job_id)
    return connection.execute(change.values(state=state)).rowcount == 1
