"""Faults of request bodies: invalid ones that pass, and unknown fields that matter."""

# A seam replaces a stage by a lambda of the same shape; its parameters have no annotations.
# pyright: reportUnknownLambdaType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from drs_sync_policy.anyjson import as_object
from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox.faults import json_texts
from drs_sync_policy.sandbox.faults.deep_seams import field_schema, policy_fields, schemas
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    crashes_instead,
    documents,
    each_item,
    each_item_of,
    field_values,
    items_of,
    stages,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.pipeline import Pipeline, ServedOperation
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.seed import TENANTS

_ITEM: Final = "#/components/schemas/SyncPolicyReq"
_BATCH: Final = "#/components/schemas/BatchSetPolicyReq"

Row = tuple[str, str, Seam, str]


def faults(contract: Contract) -> tuple[Fault, ...]:
    """All of them, several for each optional field of `contract` among them."""
    fields = policy_fields(contract)
    per_field = (row for name, schema in fields.items() for row in _of_field(name, schema))
    return (
        *of_rule("invalid-body-is-refused", *per_field),
        *json_texts.FAULTS,
        *_FAULTS,
    )  # fmt: skip


# --- fields --------------------------------------------------------------------------------------
def _of_field(name: str, schema: Mapping[str, Any]) -> Iterator[Row]:
    clause, word = f"{_ITEM}/properties/{name}", name.replace("_", "-")
    rows: tuple[tuple[str, str, Seam], ...] = (
        ("null", f"`{name}: null` is read as a missing field.",
         each_item(lambda i: {k: i[k] for k in i if k != name or i[k] is not None})),
    )  # fmt: skip
    if "enum" in schema:
        rows += (
            ("any-text", f"Every text is a value of `{name}`.",
             field_schema(name, {"type": "string"})),
            ("any-case", f"`{name}` is compared without regard to case.",
             field_values(name, _if_text(str.lower))),
            ("padded", f"Spaces around `{name}` are cut off.",
             field_values(name, _if_text(str.strip))),
            ("empty", f"An empty `{name}` is a value.",
             field_schema(name, {"enum": [*schema["enum"], ""]})),
        )  # fmt: skip
    elif schema.get("type") == "boolean":
        rows += (
            ("text-for", f"`{name}` may be the text `true` or `false`.",
             field_values(name, _if_text(lambda text: _BOOLEANS.get(text, text)))),
            ("number-for", f"`{name}` may be 0 or 1.", field_values(name, _boolean_of_number)),
        )  # fmt: skip
    elif schema.get("type") == "string":
        rows += (
            ("number-for", f"`{name}` may be a number.", field_values(name, _text_of_number)),
            ("any-type", f"`{name}` may be of any type.", field_schema(name, True)),
        )
    for kind, text, seam in rows:
        yield f"{kind}-{word}", text, seam, clause


_BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def _if_text(edit: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: edit(value) if isinstance(value, str) else value


def _boolean_of_number(value: Any) -> Any:
    return bool(value) if not isinstance(value, bool) and value in (0, 1) else value


def _text_of_number(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return json.dumps(value) if number else value


# --- items and batches ---------------------------------------------------------------------------
def _optional_id(known: dict[str, Any]) -> None:
    known["SyncPolicyReq"]["required"] = []


def _no_minimum(known: dict[str, Any]) -> None:
    del known["BatchSetPolicyReq"]["properties"]["jobs"]["minItems"]


def _only_checked(part: Callable[[list[Any]], list[Any]]) -> Seam:
    def checking(inner: Pipeline) -> Any:
        def check_body(served: ServedOperation, document: Any) -> None:
            items = items_of(document)
            inner.check_body(
                served, document if items is None else {**document, "jobs": part(items)}
            )

        return check_body

    def executing(inner: Pipeline) -> Any:
        async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
            items = [_made_valid(item) for item in document["jobs"]]
            return await inner.execute(served, request, {**document, "jobs": items})

        return execute

    return stages(check_body=checking, execute=executing)


def _made_valid(item: Any) -> dict[str, Any]:
    known = as_object(item)
    job_id = known.get("job_id")
    return {**known, "job_id": job_id if isinstance(job_id, str) and job_id else "invalid"}


def _one_item_as_list(document: Any) -> Any:
    jobs = as_object(as_object(document).get("jobs"))
    return {**document, "jobs": [jobs]} if jobs else document


def _list_as_batch(document: Any) -> Any:
    batch: Any = {"jobs": document}
    return batch if isinstance(document, list) else document


def _checked_if(looked_at: Callable[[str], bool]) -> Seam:
    """A job is looked up first; its item is validated only if `looked_at` the job."""

    def valid(item: dict[str, Any]) -> Any:
        job = item.get("job_id")
        return item if not isinstance(job, str) or looked_at(job) else {"job_id": "x"}

    def replace(inner: Pipeline) -> Any:
        return lambda served, document: inner.check_body(served, each_item_of(valid)(document))

    return stages(check_body=replace)


_BLOCKED: Final = frozenset(job for tenant in TENANTS for job in tenant.blocked_job_ids)
_KNOWN: Final = _BLOCKED.union(job for tenant in TENANTS for job in tenant.job_ids)


def _fail_alone(inner: Pipeline, _store: FaultyStore) -> Pipeline:
    def is_valid(served: ServedOperation, document: Any, item: Any) -> bool:
        try:
            inner.check_body(served, {**document, "jobs": [item]})
        except Rejection:
            return False
        return True

    def check_body(served: ServedOperation, document: Any) -> None:
        if not items_of(document):
            inner.check_body(served, document)

    async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
        items = document["jobs"]
        valid = [is_valid(served, document, item) for item in items]
        ids = [_made_valid(item)["job_id"] for item in items]
        replaced = [
            item if ok else {"job_id": job_id + "\0invalid"}
            for item, ok, job_id in zip(items, valid, ids, strict=True)
        ]
        given = await inner.execute(served, request, {**document, "jobs": replaced})
        found = [
            result if ok else {**result, "id": job_id}
            for result, ok, job_id in zip(given.body["results"], valid, ids, strict=True)
        ]
        return attrs.evolve(given, body={**given.body, "results": found})

    return attrs.evolve(inner, check_body=check_body, execute=execute)


_FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "invalid-body-is-refused",
        ("number-for-job-id", "`job_id` may be a number.",
         field_values("job_id", _text_of_number), f"{_ITEM}/properties/job_id"),
        ("empty-job-id", "An empty `job_id` is read as the id of an unknown job.",
         field_schema("job_id", {"type": "string"}), f"{_ITEM}/properties/job_id/minLength"),
        ("missing-job-id", "An item without `job_id` is read as one of an unknown job.",
         attrs.evolve(each_item(lambda item: {"job_id": "missing", **item}),
                      contract=schemas(_optional_id).contract), f"{_ITEM}/required"),
        ("only-first-item-checked", "Only the first item of a batch is validated.",
         _only_checked(lambda items: items[:1]), f"{_BATCH}/properties/jobs/items"),
        ("last-item-unchecked", "Every item of a batch but the last is validated.",
         _only_checked(lambda items: items[:-1] or items), f"{_BATCH}/properties/jobs/items"),
        ("items-beyond-ten-unchecked", "Only the first ten items of a batch are validated.",
         _only_checked(lambda items: items[:10]), f"{_BATCH}/properties/jobs/items"),
        ("middle-items-unchecked", "Only the first and the last item of a batch are validated.",
         _only_checked(lambda items: [*items[:1], *items[1:][-1:]]),
         f"{_BATCH}/properties/jobs/items"),
        ("empty-batch", "A batch without items is accepted.",
         schemas(_no_minimum), f"{_BATCH}/properties/jobs/minItems"),
        ("single-item-for-batch", "`jobs` may be one item instead of a list.",
         documents(_one_item_as_list), f"{_BATCH}/properties/jobs/type"),
        ("list-for-body", "The body may be the list of items without the object around it.",
         documents(_list_as_batch), f"{_BATCH}/type"),
        ("invalid-items-fail-alone",
         "An invalid item is a failed result in a 200, and the others are executed.",
         Seam(pipeline=_fail_alone)),
        ("crashes-on-invalid-body", "A body that violates the schema gets 500.",
         crashes_instead("check_body")),
        ("unknown-items-unchecked", "The fields of an unknown job's item are not validated.",
         _checked_if(lambda job: not job or job in _KNOWN)),
        ("blocked-items-unchecked", "The fields of a blocked job's item are not validated.",
         _checked_if(lambda job: job not in _BLOCKED)),
    ),
)  # fmt: skip
