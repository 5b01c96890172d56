"""Faults of what is stored: by one request, across requests, by rejected and concurrent ones."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox.faults.deep_seams import (
    applies,
    looked_up,
    policy_fields,
    stores_fields,
)
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import without
from drs_sync_policy.sandbox.store.records import Batch, Item, ItemResult

_SECONDS_LATE: Final = 0.3

Policy = Mapping[str, Any]
Merge = Callable[[Policy, Policy], dict[str, Any]]


def faults(contract: Contract) -> tuple[Fault, ...]:
    """All of them, one for each optional field of `contract` among them."""
    fields = policy_fields(contract)
    booleans = {name: False for name, schema in fields.items() if schema.get("type") == "boolean"}
    first = {name: schema["enum"][0] for name, schema in fields.items() if "enum" in schema}
    return (
        *of_rule(
            "accepted-policy-is-stored",
            *(
                (f"loses-{name.replace('_', '-')}", f"`{name}` is accepted and never stored.",
                 stores_fields(without(name)))
                for name in fields
            ),
        ),
        *of_rule(
            "omitted-field-keeps-its-value",
            ("resets-booleans", "An omitted boolean is set to `false`.",
             _merges(lambda old, new: {**old, **booleans, **new})),
            ("resets-enums", "An omitted enum field is set to its first value.",
             _merges(lambda old, new: {**old, **first, **new})),
        ),
        *_FAULTS,
    )  # fmt: skip


# --- one request ---------------------------------------------------------------------------------
def _texts(edit: Callable[[str], str]) -> Seam:
    return stores_fields(
        lambda fields: {k: edit(v) if isinstance(v, str) else v for k, v in fields.items()}
    )


def _part(edit: Callable[[tuple[Item, ...]], tuple[Item, ...]]) -> Seam:
    """Only a part of the items is stored; the results are those of all."""

    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        true = await inner.apply(looked_up(batch))
        await inner.apply(Batch(batch.project_id, edit(batch.items)))
        return true

    return applies(change)


async def _nothing(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
    return await inner.apply(looked_up(batch))


async def _late(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
    async def later() -> None:
        await asyncio.sleep(_SECONDS_LATE)
        await inner.apply(batch)

    task = asyncio.get_running_loop().create_task(later())
    inner.pending.add(task)
    task.add_done_callback(inner.pending.discard)
    return await inner.apply(looked_up(batch))


# --- several requests and items ------------------------------------------------------------------
def _merges(merge: Merge) -> Seam:
    """Each job's policy becomes what `merge` makes of the old one and the new fields."""

    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        stored = inner.store.job
        old = {i.job_id: await stored(batch.project_id, i.job_id) for i in batch.items}
        true = await inner.apply(batch)
        given: dict[str, set[str]] = {}
        for item, code in zip(batch.items, true, strict=True):
            if code is None:
                given.setdefault(item.job_id, set()).update(item.fields)
        for job_id, names in given.items():
            before, now = old[job_id], await stored(batch.project_id, job_id)
            if before is not None and now is not None:
                # As it was stored: another fault may have changed it, or left it out.
                new = {name: value for name, value in now.policy.items() if name in names}
                policy = merge(before.policy, new)
                await inner.store.overwrite(batch.project_id, job_id, policy)
        return true

    return applies(change)


def _unless_set(value: Any) -> Merge:
    """New fields win, except over a field that has this value."""
    return lambda old, new: {**old, **{k: new[k] for k in new if old.get(k) != value}}


def _toggled(old: Policy, new: Policy) -> dict[str, Any]:
    return {
        **old,
        **{
            key: not value if isinstance(value, bool) and old.get(key) == value else value
            for key, value in new.items()
        },
    }


def _numbered(old: Policy, new: Policy) -> dict[str, Any]:
    slot = new.get("slot_name")
    again = slot is not None and old.get("slot_name") == slot
    return {**old, **new, **({"slot_name": f"{slot}_1"} if again else {})}


async def _reversed(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
    return list(await inner.apply(Batch(batch.project_id, batch.items[::-1])))[::-1]


async def _last_item_alone(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
    last = {item.job_id: at for at, item in enumerate(batch.items)}
    items = (
        item if last[item.job_id] == at else Item(item.job_id, {})
        for at, item in enumerate(batch.items)
    )
    return await inner.apply(Batch(batch.project_id, tuple(items)))


async def _sixteen(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
    seen: Counter[str] = Counter()
    items: list[Item] = []
    for item in batch.items:
        seen[item.job_id] += 1
        items.append(item if seen[item.job_id] <= 16 else Item(item.job_id, {}))
    return await inner.apply(Batch(batch.project_id, tuple(items)))


def _repetition_fails(inner: FaultyStore) -> FaultyStore:
    last: dict[str, Batch] = {}

    async def change(store: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        repeated = last.get(batch.project_id) == batch
        last[batch.project_id] = copy.deepcopy(batch)
        true = await store.apply(batch)
        return ["DRS.M00301"] * len(true) if repeated else true

    return applies(change).store(inner)


_FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "accepted-policy-is-stored",
        ("loses-false", "A field of `false` is not stored.", stores_fields(
            lambda fields: {k: v for k, v in fields.items() if v is not False})),
        ("loses-empty", "An empty text is not stored.", stores_fields(
            lambda fields: {k: v for k, v in fields.items() if v != ""})),
        ("stores-true-for-false", "A field of `false` is stored as `true`.", stores_fields(
            lambda fields: {k: True if v is False else v for k, v in fields.items()})),
        ("stores-trimmed", "Texts are stored without surrounding spaces.", _texts(str.strip)),
        ("stores-cut", "Texts are stored cut after 63 characters.",
         _texts(lambda text: text[:63])),
        ("stores-lower-case", "Texts are stored in lower case.", _texts(str.lower)),
        ("stores-upper-case", "Texts are stored in upper case.", _texts(str.upper)),
        ("stores-up-to-nul", "Texts are stored cut at a NUL.",
         _texts(lambda text: text.partition("\0")[0])),
        ("stores-ascii", "Characters that are not ASCII are stored as question marks.",
         _texts(lambda text: text.encode("ascii", "replace").decode())),
        ("expands-variables", "`$HOME` in a text is stored as its value.",
         _texts(lambda text: text.replace("$HOME", "/root"))),
        ("unescapes-texts", "Two backslashes in a text are stored as one.",
         _texts(lambda text: text.replace("\\\\", "\\"))),
        ("stores-first-item", "Only the first item of a batch is stored.",
         _part(lambda items: items[:1])),
        ("stores-last-item", "Only the last item of a batch is stored.",
         _part(lambda items: items[-1:])),
        ("stores-nothing", "Nothing is stored.", applies(_nothing)),
        ("round-batch-loses-last",
         "The last item of a batch of 50, 100, 150 and so on is lost.",
         _part(lambda items: items[:-1] if len(items) % 50 == 0 else items)),
        ("stores-behind", "The response is sent before the policy is stored.", applies(_late)),
    ),
    *of_rule(
        "omitted-field-keeps-its-value",
        ("replaces-policy", "A request replaces the whole policy of a job.",
         _merges(lambda _old, new: dict(new))),
        ("clears-texts", "An omitted `slot_name` is cleared.",
         _merges(lambda old, new: {**without("slot_name")(dict(old)), **new})),
    ),
    *of_rule(
        "later-items-win",
        ("sixteen-items-a-job", "Only the first 16 items of a job are stored.", applies(_sixteen)),
        ("earlier-item-wins", "The earlier of two items of a job wins.", applies(_reversed)),
        ("only-last-item-counts",
         "The earlier of two items of a job is discarded with all its fields.",
         applies(_last_item_alone)),
    ),
    *of_rule(
        "later-calls-win",
        ("first-call-wins", "A field that was set once is never changed again.",
         _merges(lambda old, new: {**new, **old})),
        ("true-stays-true", "A field that is `true` is never set to `false` again.",
         _merges(_unless_set(True))),
        ("stop-stays-stop", "A `conflict_policy` of `stop` is never changed again.",
         _merges(_unless_set("stop"))),
    ),
    *of_rule(
        "repeating-is-harmless",
        ("toggles-booleans", "Setting a boolean to its current value inverts it.",
         _merges(_toggled)),
        ("numbers-slots", "Setting a `slot_name` to its current value adds a number to it.",
         _merges(_numbered)),
        ("repetition-fails", "A request equal to the one before it fails item by item.",
         Seam(store=_repetition_fails)),
    ),
)  # fmt: skip
