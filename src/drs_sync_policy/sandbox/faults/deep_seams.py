"""Ways to change what the pipeline stands on: the contract to validate by, and the store."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from drs_sync_policy.contract import BATCH_SET_POLICY, Contract
from drs_sync_policy.sandbox.faults.fault import FaultyStore, Seam
from drs_sync_policy.sandbox.store.records import Batch, Item, ItemResult

Apply = Callable[[FaultyStore, Batch], Awaitable[Sequence[ItemResult]]]


# --- the contract --------------------------------------------------------------------------------
def policy_fields(contract: Contract) -> dict[str, dict[str, Any]]:
    """The optional fields of an item with their schemas; empty without the batch operation."""
    if BATCH_SET_POLICY not in {operation.id for operation in contract.operations}:
        return {}
    request = contract.resolve(contract.operation(BATCH_SET_POLICY).request["application/json"])
    item = contract.resolve(contract.resolve(request["properties"]["jobs"])["items"])
    return {
        name: dict(contract.resolve(schema))
        for name, schema in item["properties"].items()
        if name not in item["required"]
    }


def schemas(edit: Callable[[dict[str, Any]], None]) -> Seam:
    """The sandbox validates by `components.schemas` after `edit`."""

    def change(contract: Contract) -> Contract:
        document = copy.deepcopy(dict(contract.document))
        edit(document["components"]["schemas"])
        return Contract(document, contract.edition)

    return Seam(contract=change)


def field_schema(name: str, schema: Any) -> Seam:
    """The sandbox validates one field of an item by `schema`."""

    def change(known: dict[str, Any]) -> None:
        known["SyncPolicyReq"]["properties"][name] = schema

    return schemas(change)


# --- the store -----------------------------------------------------------------------------------
def applies(change: Apply) -> Seam:
    """A batch is applied by `change`, which gets the faultless store."""

    def wrap(inner: FaultyStore) -> FaultyStore:
        class Wrapped(FaultyStore):
            async def apply(self, batch: Batch) -> Sequence[ItemResult]:
                return await change(inner, batch)

        return Wrapped(inner)

    return Seam(store=wrap)


def stores_fields(edit: Callable[[dict[str, Any]], dict[str, Any]]) -> Seam:
    """The fields of every item are stored as `edit` makes them."""

    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        items = (Item(item.job_id, edit(dict(item.fields))) for item in batch.items)
        return await inner.apply(Batch(batch.project_id, tuple(items)))

    return applies(change)


def item_results(edit: Callable[[Batch, list[ItemResult]], list[ItemResult]]) -> Seam:
    """The reported results of the items are what `edit` makes of the true ones."""

    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        return edit(batch, list(await inner.apply(batch)))

    return applies(change)


def looked_up(batch: Batch) -> Batch:
    """The same items without fields: applying it changes nothing and returns the results."""
    return Batch(batch.project_id, tuple(Item(item.job_id, {}) for item in batch.items))
