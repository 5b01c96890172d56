"""Faults of a refused request that changes what is stored all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from drs_sync_policy.sandbox.faults.fault import Fault, Memory
from drs_sync_policy.sandbox.faults.wrap import Rows, items_of, without
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.steps import Service, Steps
from drs_sync_policy.sandbox.store.store import Batch, Item

Choose = Callable[[list[Any], Callable[[Any], bool]], list[Any]]


def faults() -> Iterator[Fault]:
    """All of them."""
    rule = "refused-request-changes-nothing"

    def before_invalid(items: list[Any], valid: Callable[[Any], bool]) -> list[Any]:
        kept: list[Any] = []
        for item in items:
            if not valid(item):
                break
            kept.append(item)
        return kept

    choose_table: Rows[Choose] = (
        (
            "stores-before-invalid",
            "Of a refused batch, the items before the invalid one are stored.",
            before_invalid,
        ),
        (
            "stores-valid-items",
            "Of a refused batch, the valid items are stored.",
            lambda items, valid: [item for item in items if valid(item)],
        ),
        (
            "stores-after-invalid",
            "Of a refused batch, valid items after the first are stored.",
            lambda items, valid: [item for item in items[1:] if valid(item)],
        ),
    )
    for name, description, choose in choose_table:
        yield Fault(name, description, rule, "state", storing=_storing_refused(choose))
    yield Fault(
        "stores-before-language",
        "A batch is stored before its language is looked at.",
        rule,
        "state",
        storing=_storing_early,
    )


def _storing_refused(choose: Choose) -> Callable[[Steps, Memory], Steps]:
    def wrap(steps: Steps, memory: Memory) -> Steps:
        async def read(call: Call) -> bytes:
            body = await steps.read(call)
            service = steps.route(call).target
            await _store(steps, memory, service, call, body, choose)
            return body

        return attrs.evolve(steps, read=read)

    return wrap


async def _store(
    steps: Steps, memory: Memory, service: Service, call: Call, body: bytes, choose: Choose
) -> None:
    try:
        document = steps.parse(body)
    except Refusal:
        return

    def valid(item: Any) -> bool:
        try:
            steps.check_body(service, {**document, "jobs": [item]})
        except Refusal:
            return False
        return True

    items = items_of(document) or []
    if all(valid(item) for item in items):
        return
    chosen = tuple(Item(item["job_id"], without("job_id")(item)) for item in choose(items, valid))
    if chosen:
        await memory.apply(Batch(call.path_parameters["project_id"], chosen))


def _storing_early(steps: Steps, memory: Memory) -> Steps:
    async def authenticate(call: Call) -> Any:
        principal = await steps.authenticate(call)
        service = steps.route(call).target
        try:
            steps.check_path(service, call)
            steps.authorize(principal, call)
        except Refusal:
            return principal
        try:
            steps.check_headers(service, call)
        except Refusal:
            await _store_valid(steps, memory, service, call)
        return principal

    return attrs.evolve(steps, authenticate=authenticate)


async def _store_valid(steps: Steps, memory: Memory, service: Service, call: Call) -> None:
    try:
        document = steps.parse(await steps.read(call))
        steps.check_body(service, document)
    except Refusal:
        return
    items = tuple(Item(item["job_id"], without("job_id")(item)) for item in document["jobs"])
    await memory.apply(Batch(call.path_parameters["project_id"], items))
