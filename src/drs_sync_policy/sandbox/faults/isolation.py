"""Faults of isolation: what rejected requests and concurrent ones leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

import attrs

from drs_sync_policy.sandbox.faults.deep_seams import (
    applies,
    looked_up,
)
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import items_of, without
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.pipeline import Pipeline, ServedOperation
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.store.records import Batch, Item, ItemResult, Principal

_SECONDS_BETWEEN: Final = 0.003


# --- concurrency ---------------------------------------------------------------------------------
async def _lost_update(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
    # Reads, waits, writes everything back: what was set in between is lost.
    read = [await inner.store.job(batch.project_id, item.job_id) for item in batch.items]
    await asyncio.sleep(_SECONDS_BETWEEN)
    true = await inner.apply(looked_up(batch))
    for item, job, code in zip(batch.items, read, true, strict=True):
        if job is not None and code is None:
            policy = {**job.policy, **item.fields}
            await inner.store.overwrite(batch.project_id, item.job_id, policy)
    return true


def _torn(inner: FaultyStore) -> FaultyStore:
    turns = count()

    async def change(store: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        # Every other request goes through its jobs from the end, so that two requests cross.
        step = 1 if next(turns) % 2 == 0 else -1
        true = await store.apply(looked_up(batch))
        jobs = list(dict.fromkeys(item.job_id for item in batch.items))[::step]
        for job_id in jobs:
            items = tuple(item for item in batch.items if item.job_id == job_id)
            await store.apply(Batch(batch.project_id, items))
            await asyncio.sleep(_SECONDS_BETWEEN)
        return true

    return applies(change).store(inner)


# --- rejected requests ---------------------------------------------------------------------------
Choose = Callable[[list[Any], Callable[[Any], bool]], list[Any]]


def _before_invalid(items: list[Any], valid: Callable[[Any], bool]) -> list[Any]:
    first = next((at for at, item in enumerate(items) if not valid(item)), len(items))
    return items[:first]


def _stores_of_rejected(choose: Choose) -> Seam:
    def wrap(inner: Pipeline, store: FaultyStore) -> Pipeline:
        async def read(request: Request) -> bytes:
            body = await inner.read(request)
            await _store_chosen(inner, store, request, body, choose)
            return body

        return attrs.evolve(inner, read=read)

    return Seam(pipeline=wrap)


async def _store_chosen(
    inner: Pipeline, store: FaultyStore, request: Request, body: bytes, choose: Choose
) -> None:
    served = inner.route(request).target
    try:
        document = inner.parse(body)
    except Rejection:
        return

    def valid(item: Any) -> bool:
        try:
            inner.check_body(served, {**document, "jobs": [item]})
        except Rejection:
            return False
        return True

    items = items_of(document) or []
    if not all(valid(item) for item in items):
        await _store_items(store, request, choose(items, valid))


def _stores_early(inner: Pipeline, store: FaultyStore) -> Pipeline:
    async def authenticate(request: Request) -> Principal:
        principal = await inner.authenticate(request)
        served = inner.route(request).target
        try:
            inner.check_path(served, request)
            inner.authorize(principal, request)
        except Rejection:
            return principal
        try:
            inner.check_headers(served, request)
        except Rejection:
            await _store_valid(inner, store, served, request)
        return principal

    return attrs.evolve(inner, authenticate=authenticate)


async def _store_valid(
    inner: Pipeline, store: FaultyStore, served: ServedOperation, request: Request
) -> None:
    try:
        document = inner.parse(await inner.read(request))
        inner.check_body(served, document)
    except Rejection:
        return
    await _store_items(store, request, document["jobs"])


async def _store_items(store: FaultyStore, request: Request, entries: Sequence[Any]) -> None:
    items = tuple(Item(entry["job_id"], without("job_id")(entry)) for entry in entries)
    if items:
        await store.apply(Batch(request.path_parameters["project_id"], items))


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "concurrent-calls-take-turns",
        ("lost-updates",
         "If two requests change one job at the same time, the fields of one are lost.",
         applies(_lost_update)),
        ("torn-batches",
         "Two batches at the same time mix: each wins for some of the jobs.",
         Seam(store=_torn)),
    ),
    *of_rule(
        "refused-request-changes-nothing",
        ("stores-before-invalid",
         "The items before the invalid one of a rejected batch are stored.",
         _stores_of_rejected(_before_invalid)),
        ("stores-valid-items", "The valid items of a rejected batch are stored.",
         _stores_of_rejected(lambda items, valid: [item for item in items if valid(item)])),
        ("stores-after-invalid", "The valid items after the first of a rejected batch are stored.",
         _stores_of_rejected(lambda items, valid: [item for item in items[1:] if valid(item)])),
        ("stores-before-language", "A batch is stored before its language is validated.",
         Seam(pipeline=_stores_early)),
    ),
)  # fmt: skip
