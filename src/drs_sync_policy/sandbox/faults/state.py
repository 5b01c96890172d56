"""Faults of what is stored: across items, across calls, and under concurrency."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox.faults.contracts import policy_fields
from drs_sync_policy.sandbox.faults.fault import Fault, Memory
from drs_sync_policy.sandbox.faults.wrap import (
    Rows,
    WrapMemory,
    applies,
    looked_up,
    stores_fields,
    without,
)
from drs_sync_policy.sandbox.store.store import Batch, Item, Outcome

_SECONDS_BEHIND = 0.3
_SECONDS_BETWEEN = 0.01

Change = Callable[[Memory, Batch], Awaitable[Sequence[Outcome]]]


def faults(contract: Contract) -> Iterator[Fault]:
    """All of them, one for each optional field of `contract` among them."""
    yield from _stored(contract)
    yield from _omitted(contract)
    yield from _later()
    yield from _repeated()
    yield from _concurrent()


def _stored(contract: Contract) -> Iterator[Fault]:
    rule = "accepted-policy-is-stored"
    for name in policy_fields(contract):
        yield Fault(
            f"loses-{name.replace('_', '-')}",
            f"`{name}` is accepted and never stored.",
            rule,
            "state",
            policies=stores_fields(without(name)),
        )

    def texts(edit: Callable[[str], str]) -> WrapMemory:
        return stores_fields(
            lambda fields: {k: edit(v) if isinstance(v, str) else v for k, v in fields.items()}
        )

    for name, description, policies in (
        ("loses-false", "A field of `false` is not stored.", stores_fields(
            lambda fields: {k: v for k, v in fields.items() if v is not False})),
        ("loses-empty", "An empty text is not stored.", stores_fields(
            lambda fields: {k: v for k, v in fields.items() if v != ""})),
        ("stores-true-for-false", "A field of `false` is stored as `true`.", stores_fields(
            lambda fields: {k: True if v is False else v for k, v in fields.items()})),
        ("stores-trimmed", "Texts are stored without blanks around them.", texts(str.strip)),
        ("stores-cut", "Texts are stored cut after 63 characters.", texts(lambda text: text[:63])),
        ("stores-lower-case", "Texts are stored in lower case.", texts(str.lower)),
        ("stores-upper-case", "Texts are stored in upper case.", texts(str.upper)),
        ("stores-up-to-nul", "Texts are stored cut at a NUL.", texts(
            lambda text: text.partition("\0")[0])),
        ("stores-ascii", "Characters that are not ASCII are stored as question marks.", texts(
            lambda text: text.encode("ascii", "replace").decode())),
        ("stores-first-item", "Of a batch, only the first item is stored.", applies(_first_only)),
        ("stores-last-item", "Of a batch, only the last item is stored.", applies(_last_only)),
        ("stores-nothing", "Nothing is stored.", applies(_nothing)),
        ("round-batch-loses-last", "Of a batch of 50, 100, 150 and so on, the last item is lost.",
         applies(_round_loses_last)),
        ("expands-variables", "`$HOME` in a text is stored as what it stands for.",
         texts(lambda text: text.replace("$HOME", "/root"))),
        ("unescapes-texts", "Two backslashes in a text are stored as one.",
         texts(lambda text: text.replace("\\\\", "\\"))),
        ("stores-behind", "The answer is sent before the policy is stored.", applies(_behind)),
    ):  # fmt: skip
        yield Fault(name, description, rule, "state", policies=policies)


async def _first_only(inner: Memory, batch: Batch) -> Sequence[Outcome]:
    true = await inner.apply(looked_up(batch))
    await inner.apply(Batch(batch.project_id, batch.items[:1]))
    return true


async def _last_only(inner: Memory, batch: Batch) -> Sequence[Outcome]:
    true = await inner.apply(looked_up(batch))
    await inner.apply(Batch(batch.project_id, batch.items[-1:]))
    return true


async def _round_loses_last(inner: Memory, batch: Batch) -> Sequence[Outcome]:
    true = await inner.apply(looked_up(batch))
    kept = batch.items[:-1] if len(batch.items) % 50 == 0 else batch.items
    await inner.apply(Batch(batch.project_id, kept))
    return true


async def _nothing(inner: Memory, batch: Batch) -> Sequence[Outcome]:
    return await inner.apply(looked_up(batch))


async def _behind(inner: Memory, batch: Batch) -> Sequence[Outcome]:
    async def later() -> None:
        await asyncio.sleep(_SECONDS_BEHIND)
        await inner.apply(batch)

    task = asyncio.get_running_loop().create_task(later())
    inner.pending.add(task)
    task.add_done_callback(inner.pending.discard)
    return await inner.apply(looked_up(batch))


def _omitted(contract: Contract) -> Iterator[Fault]:
    rule = "omitted-field-keeps-its-value"
    fields = policy_fields(contract)
    booleans = {name: False for name, schema in fields.items() if schema.get("type") == "boolean"}
    first = {name: schema["enum"][0] for name, schema in fields.items() if "enum" in schema}
    for name, description, change in (
        (
            "replaces-policy",
            "A call replaces the whole policy of a job.",
            _overwriting(lambda _old, new: dict(new)),
        ),
        (
            "resets-booleans",
            "A boolean that is left out is set to `false`.",
            _overwriting(lambda old, new: {**old, **booleans, **new}),
        ),
        (
            "resets-enums",
            "An enum field that is left out is set to its first value.",
            _overwriting(lambda old, new: {**old, **first, **new}),
        ),
        (
            "clears-texts",
            "A `slot_name` that is left out is cleared.",
            _overwriting(lambda old, new: {**without("slot_name")(dict(old)), **new}),
        ),
    ):
        yield Fault(name, description, rule, "state", policies=applies(change))


Merge = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


def _overwriting(merge: Merge) -> Change:
    """Each job's policy becomes what `merge` makes of the old one and the new fields."""

    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        stored = inner.store.job
        old = {i.job_id: await stored(batch.project_id, i.job_id) for i in batch.items}
        true = await inner.apply(batch)
        given: dict[str, set[str]] = {}
        for item, outcome in zip(batch.items, true, strict=True):
            if outcome is None:
                given.setdefault(item.job_id, set()).update(item.fields)
        for job_id, names in given.items():
            before, now = old[job_id], await stored(batch.project_id, job_id)
            if before is not None and now is not None:
                # As it was stored: another fault may have changed it, or left it out.
                new = {name: value for name, value in now.policy.items() if name in names}
                policy = merge(before.policy, new)
                await inner.store.overwrite(batch.project_id, job_id, policy)
        return true

    return change


def _later() -> Iterator[Fault]:
    def reversed_items(batch: Batch) -> Batch:
        return Batch(batch.project_id, batch.items[::-1])

    async def first_item(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        return list(await inner.apply(reversed_items(batch)))[::-1]

    async def last_item_alone(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        last = {item.job_id: at for at, item in enumerate(batch.items)}
        return await inner.apply(
            Batch(
                batch.project_id,
                tuple(
                    item if last[item.job_id] == at else Item(item.job_id, {})
                    for at, item in enumerate(batch.items)
                ),
            )
        )

    async def sixteen(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        seen: Counter[str] = Counter()
        items: list[Item] = []
        for item in batch.items:
            seen[item.job_id] += 1
            items.append(item if seen[item.job_id] <= 16 else Item(item.job_id, {}))
        return await inner.apply(Batch(batch.project_id, tuple(items)))

    for name, description, change in (
        ("sixteen-items-a-job", "Of a job's items those behind the 16th are forgotten.", sixteen),
        ("earlier-item-wins", "Of two items of a job, the earlier one wins.", first_item),
        (
            "only-last-item-counts",
            "Of two items of a job, the earlier one is forgotten with all its fields.",
            last_item_alone,
        ),
    ):
        yield Fault(name, description, "later-items-win", "state", policies=applies(change))

    merge_table: Rows[Merge] = (
        (
            "first-call-wins",
            "A field that was set once is never changed again.",
            lambda old, new: {**new, **old},
        ),
        (
            "true-stays-true",
            "A field that is `true` is never set to `false` again.",
            lambda old, new: {**old, **{k: new[k] for k in new if old.get(k) is not True}},
        ),
        (
            "stop-stays-stop",
            "A `conflict_policy` of `stop` is never changed again.",
            lambda old, new: {**old, **{k: new[k] for k in new if old.get(k) != "stop"}},
        ),
    )
    for name, description, merge in merge_table:
        yield Fault(
            name, description, "later-calls-win", "state", policies=applies(_overwriting(merge))
        )


def _repeated() -> Iterator[Fault]:
    rule = "repeating-is-harmless"

    def toggled(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **old,
            **{
                key: not value if isinstance(value, bool) and old.get(key) == value else value
                for key, value in new.items()
            },
        }

    def appended(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        slot = new.get("slot_name")
        again = slot is not None and old.get("slot_name") == slot
        return {**old, **new, **({"slot_name": f"{slot}_1"} if again else {})}

    yield Fault(
        "toggles-booleans",
        "Setting a boolean to the value that it has turns it round.",
        rule,
        "state",
        policies=applies(_overwriting(toggled)),
    )
    yield Fault(
        "numbers-slots",
        "Setting a `slot_name` to the value that it has adds a number to it.",
        rule,
        "state",
        policies=applies(_overwriting(appended)),
    )
    yield Fault(
        "repetition-fails",
        "A call that repeats the one before it fails item by item.",
        rule,
        "state",
        policies=_remembering,
    )


def _remembering(inner: Memory) -> Memory:
    last: dict[str, Batch] = {}

    async def change(memory: Memory, batch: Batch) -> Sequence[Outcome]:
        repeated = last.get(batch.project_id) == batch
        last[batch.project_id] = copy.deepcopy(batch)
        true = await memory.apply(batch)
        return ["DRS.M00301"] * len(true) if repeated else true

    return applies(change)(inner)


def _concurrent() -> Iterator[Fault]:
    rule = "concurrent-calls-take-turns"

    async def stale(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        # Reads, waits, writes all back: what was set in between is lost.
        read = [await inner.store.job(batch.project_id, item.job_id) for item in batch.items]
        await asyncio.sleep(_SECONDS_BETWEEN)
        true = await inner.apply(looked_up(batch))
        for item, job, outcome in zip(batch.items, read, true, strict=True):
            if job is not None and outcome is None:
                policy = {**job.policy, **item.fields}
                await inner.store.overwrite(batch.project_id, item.job_id, policy)
        return true

    yield Fault(
        "lost-updates",
        "Of two calls at the same time on one job, one call's fields are lost.",
        rule,
        "state",
        policies=applies(stale),
    )
    yield Fault(
        "torn-batches",
        "Two batches at the same time mix: each wins for some of the jobs.",
        rule,
        "state",
        policies=_tearing,
    )


def _tearing(inner: Memory) -> Memory:
    turns = count()

    async def change(memory: Memory, batch: Batch) -> Sequence[Outcome]:
        # Every other call works its jobs from the back, so that two calls cross.
        step = 1 if next(turns) % 2 == 0 else -1
        true = await memory.apply(looked_up(batch))
        jobs = list(dict.fromkeys(item.job_id for item in batch.items))[::step]
        for job_id in jobs:
            items = tuple(item for item in batch.items if item.job_id == job_id)
            await memory.apply(Batch(batch.project_id, items))
            await asyncio.sleep(_SECONDS_BETWEEN)
        return true

    return applies(change)(inner)
