"""Faults of unknown fields: they are rejected, stored, or read as known ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from drs_sync_policy.anyjson import as_object
from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox.faults.deep_seams import policy_fields, schemas
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    documents,
    each_item,
    each_item_of,
    without,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.pipeline import Pipeline, ServedOperation
from drs_sync_policy.sandbox.store.records import Batch, Item


def faults(contract: Contract) -> tuple[Fault, ...]:
    """All of them, for the optional fields of `contract`."""
    fields = policy_fields(contract)
    return (
        *_FAULTS,
        *of_rule(
            "unknown-fields-are-ignored",
            ("camel-case-fields", "`conflictPolicy` is read as `conflict_policy`.",
             _also_named(fields, _camel_case)),
            ("dashed-fields", "`conflict-policy` is read as `conflict_policy`.",
             _also_named(fields, _dashed)),
            ("policy-beside-jobs", "Policy fields next to `jobs` apply to every item.",
             documents(lambda document: _spread(fields, document))),
        ),
    )  # fmt: skip


def _closed(name: str) -> Seam:
    def edit(known: dict[str, Any]) -> None:
        known[name]["additionalProperties"] = False

    return schemas(edit)


def _also_named(fields: Mapping[str, Any], change: Callable[[str], str]) -> Seam:
    other = {change(name): name for name in fields}
    return each_item(
        lambda item: {**{other[key]: item[key] for key in item if key in other}, **item}
    )


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _spread(fields: Mapping[str, Any], document: Any) -> Any:
    shared = {key: value for key, value in as_object(document).items() if key in fields}
    return each_item_of(lambda item: {**shared, **item})(document)


def _storing_everything(inner: Pipeline, store: FaultyStore) -> Pipeline:
    async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
        given = await inner.execute(served, request, document)
        items = (Item(entry["job_id"], without("job_id")(entry)) for entry in document["jobs"])
        await store.apply(Batch(request.path_parameters["project_id"], tuple(items)))
        return given

    return attrs.evolve(inner, execute=execute)


_FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "unknown-fields-are-ignored",
        ("unknown-item-field-refused", "An unknown field in an item is rejected.",
         _closed("SyncPolicyReq")),
        ("unknown-batch-field-refused", "An unknown field next to `jobs` is rejected.",
         _closed("BatchSetPolicyReq")),
        ("field-names-in-any-case",
         "`Conflict_Policy` is read as `conflict_policy`; the other fields, too.",
         each_item(lambda item: {**item, **{key.lower(): item[key] for key in item}})),
        ("nested-policy", "A `policy` in an item is read as the fields in it.",
         each_item(lambda item: {**as_object(item.get("policy")), **item})),
        ("unknown-fields-stored", "Unknown fields of an item are stored with its policy.",
         Seam(pipeline=_storing_everything)),
    ),
)  # fmt: skip
