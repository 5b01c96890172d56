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

from drs_sync_policy.sandbox.states import BLOCKED_JOB, ITEM_RESULTS, UNKNOWN_JOB
from drs_sync_policy.sandbox.store.records import Batch, Item, ItemResult
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


def merged(items: Iterable[Item]) -> dict[str, Mapping[str, Any]]:
    """What a batch of these items sets in each job: later fields win."""
    fields: dict[str, Mapping[str, Any]] = {}
    for item in items:
        earlier = fields.get(item.job_id)
        fields[item.job_id] = {**earlier, **item.fields} if earlier else item.fields
    return fields


def known_jobs(connection: Connection, project_id: str, ids: Sequence[str]) -> list[str]:
    """Those of the ids that are jobs of the project."""
    return [row.job_id for row in _select(connection, _KNOWN, project_id, ids)]


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
    code = ITEM_RESULTS.get(row.state, BLOCKED_JOB)
    if code is not None:
        return code
    stored: Mapping[str, Any] = row.policy
    policies[key] = {**policies.get(key, stored), **item.fields}
    return None


def _locked(connection: Connection, wanted: Iterable[tuple[str, str]]) -> Iterator[Row[Any]]:
    # In one order everywhere, so that two workers never wait for each other's locks.
    by_project: dict[str, list[str]] = {}
    for project_id, job_id in sorted(wanted):
        by_project.setdefault(project_id, []).append(job_id)
    for project_id, ids in by_project.items():
        yield from _select(connection, _LOCKED, project_id, ids)


def _select(
    connection: Connection,
    queries: Mapping[str, Select[Any]],
    project_id: str,
    ids: Sequence[str],
) -> Iterable[Row[Any]]:
    name = connection.dialect.name
    escaped = [escape(job_id) for job_id in ids]
    given = escaped if name == "postgresql" else json.dumps(escaped)
    return connection.execute(queries[name], {"the_project": project_id, "the_jobs": given})


# All ids in one value: the text of the query is the same for one job and for many.
_STORED_ID: Final = type_coerce(JOB.c.job_id, Text)
_AMONG: Final[Mapping[str, ColumnElement[bool]]] = {
    "postgresql": any_(bindparam("the_jobs", type_=ARRAY(Text))) == _STORED_ID,
    "sqlite": _STORED_ID.in_(
        select(func.json_each(bindparam("the_jobs", type_=Text)).table_valued("value").c.value)
    ),
}
_OF_PROJECT: Final = JOB.c.project_id == bindparam("the_project")
_KNOWN: Final = {
    name: select(JOB.c.job_id).where(_OF_PROJECT, among) for name, among in _AMONG.items()
}
_LOCKED: Final = {
    name: select(JOB).where(_OF_PROJECT, among).order_by(JOB.c.job_id).with_for_update()
    for name, among in _AMONG.items()
}
SET_POLICY: Final = (
    update(JOB)
    .where(
        JOB.c.project_id == bindparam("the_project"),
        JOB.c.job_id == bindparam("the_job"),
    )
    .values(policy=bindparam("policy"))
)
