"""Faults of tenants: projects and jobs of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
from sqlalchemy import Connection, select

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.deep_seams import applies
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    skips,
    stages,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.pipeline import Pipeline, ServedOperation
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy.sandbox.states import UNKNOWN_JOB
from drs_sync_policy.sandbox.store.records import Batch, ItemResult, Principal
from drs_sync_policy.sandbox.store.schema import JOB


def _not_found(inner: Pipeline) -> Callable[[Principal, Request], None]:
    def authorize(principal: Principal, request: Request) -> None:
        try:
            inner.authorize(principal, request)
        except Rejection as rejected:
            raise rejection.no_such_path() from rejected

    return authorize


def _is_tenant(request: Request) -> bool:
    return request.path_parameters["project_id"] in {tenant.project_id for tenant in TENANTS}


async def _owner(store: FaultyStore, job_id: str) -> str | None:
    def find(connection: Connection) -> Any:
        return connection.execute(select(JOB.c.project_id).where(JOB.c.job_id == job_id)).scalar()

    owner: str | None = await store.store.database.read(find)
    return owner


def _foreign_job_gets(code: ItemResult) -> Seam:
    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        true = await inner.apply(batch)
        return [
            code if found == UNKNOWN_JOB and await _owner(inner, item.job_id) else found
            for item, found in zip(batch.items, true, strict=True)
        ]

    return applies(change)


def _changes_foreign_jobs(*, silently: bool) -> Seam:
    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        true = await inner.apply(batch)
        reported: list[ItemResult] = []
        for item, found in zip(batch.items, true, strict=True):
            owner = await _owner(inner, item.job_id) if found == UNKNOWN_JOB else None
            crossed = None if owner is None else await inner.apply(Batch(owner, (item,)))
            reported.append(found if crossed is None or silently else crossed[0])
        return reported

    return applies(change)


def _other_words(inner: Pipeline, store: FaultyStore) -> Pipeline:
    async def changed(result: dict[str, Any]) -> dict[str, Any]:
        if result.get("error_code") != UNKNOWN_JOB or not await _owner(store, result["id"]):
            return result
        return {**result, "error_msg": result["error_msg"] + " (other project)"}

    async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
        given = await inner.execute(served, request, document)
        found = [await changed(result) for result in given.body["results"]]
        return attrs.evolve(given, body={**given.body, "results": found})

    return attrs.evolve(inner, execute=execute)


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "foreign-project-is-refused",
        ("any-project-allowed", "A token is valid for every project.",
         skips("authorize", unless=lambda _request: False)),
        ("unknown-project-allowed",
         "A token is valid for every project but that of another tenant.",
         skips("authorize", unless=_is_tenant)),
        ("foreign-project-as-404", "A project that is not the caller's gets 404.",
         stages(authorize=_not_found)),
    ),
    *of_rule(
        "foreign-job-looks-unknown",
        ("foreign-job-forbidden", "A job of another project fails with `DRS.M00102`.",
         _foreign_job_gets("DRS.M00102")),
        ("foreign-job-deleted", "A job of another project fails with `DRS.M05004`.",
         _foreign_job_gets("DRS.M05004")),
        ("foreign-job-succeeds", "A job of another project succeeds, and nothing is stored.",
         _foreign_job_gets(None)),
        ("foreign-job-in-other-words",
         "A job of another project fails with a different message than an unknown job.",
         Seam(pipeline=_other_words)),
    ),
    *of_rule(
        "tenants-are-isolated",
        ("foreign-jobs-changed", "A job of another project is changed like one's own.",
         _changes_foreign_jobs(silently=False)),
        ("foreign-jobs-changed-silently",
         "A job of another project is changed, and reported as unknown.",
         _changes_foreign_jobs(silently=True)),
    ),
)  # fmt: skip
