"""Set the policies of batches in one transaction: statements, locks, and what each item gets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    any_,
    bindparam,
    func,
    select,
    type_coerce,
    update,
)

from drs_sync_policy.sandbox.states import ALLOWED_STATES
from drs_sync_policy.sandbox.store.records import BLOCKED_JOB, UNKNOWN_JOB, Batch, Item, ItemResult
from drs_sync_policy.sandbox.store.schema import JOB, escape


def apply(connection: Connection, group: Sequence[Batch]) -> list[list[ItemResult]]:
    """Set the policies of a group of batches; one result for each item of each, in order."""
    wanted = {(batch.project_id, item.job_id) for batch in group for item in batch.items}
    found = {(row.project_id, row.job_id): row for row in _locked(connection, wanted)}
    policies: dict[tuple[str, str], Mapping[str, Any]] = {}
    results = [
        [_item_result(found, policies, batch, item) for item in batch.items] for batch in group
    ]
    changed = [
        {"the_project": project_id, "the_job": job_id, "policy": policy}
        for (project_id, job_id), policy in policies.items()
        if policy != found[project_id, job_id].policy
    ]
    if changed:
        connection.execute(SET_POLICY, changed)
    return results


def _item_result(
    found: Mapping[tuple[str, str], Row[Any]],
    policies: dict[tuple[str, str], Mapping[str, Any]],
    batch: Batch,
    item: Item,
) -> ItemResult:
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
SET_POLICY: Final = (
    update(JOB)
    .where(
        JOB.c.project_id == bindparam("the_project"),
        JOB.c.job_id == bindparam("the_job"),
    )
    .values(policy=bindparam("policy"))
)
