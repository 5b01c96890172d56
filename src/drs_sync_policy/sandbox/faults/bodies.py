"""Faults of request bodies: invalid ones that pass, and unknown fields that matter."""

# A seam replaces a stage by a lambda of the same shape; its parameters have no annotations.
# pyright: reportUnknownLambdaType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    as_object,
    crashes_instead,
    documents,
    each_item,
    each_item_of,
    field_schema,
    field_values,
    items_of,
    policy_fields,
    reads,
    schemas,
    stages,
    without,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.pipeline import Parse, Pipeline, ServedOperation
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy.sandbox.store.records import Batch, Item

_ITEM: Final = "#/components/schemas/SyncPolicyReq"
_BATCH: Final = "#/components/schemas/BatchSetPolicyReq"

Row = tuple[str, str, Seam, str]


def faults(contract: Contract) -> tuple[Fault, ...]:
    """All of them, several for each optional field of `contract` among them."""
    fields = policy_fields(contract)
    per_field = (row for name, schema in fields.items() for row in _of_field(name, schema))
    return (
        *of_rule("invalid-body-is-refused", *per_field),
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


# --- fields --------------------------------------------------------------------------------------
def _of_field(name: str, schema: Mapping[str, Any]) -> Iterator[Row]:
    clause, word = f"{_ITEM}/properties/{name}", _dashed(name)
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


# --- I-JSON --------------------------------------------------------------------------------------
def _from_utf_16(body: bytes) -> bytes:
    return body.decode("utf-16").encode() if body[:2] in (b"\xff\xfe", b"\xfe\xff") else body


def _parsed_by(lenient: Callable[[bytes], Any]) -> Seam:
    def replace(inner: Pipeline) -> Parse:
        def parse(body: bytes) -> Any:
            try:
                return inner.parse(body)
            except Rejection:
                return _encodable(lenient, body)

        return parse

    return stages(parse=replace)


def _encodable(parse: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        value = parse(body)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise rejection.not_i_json("not even nearly") from error
    return value


def _first_value(body: bytes) -> Any:
    decoder = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    return decoder.raw_decode(body.decode())[0]


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key appears twice")
    return dict(pairs)


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


# --- unknown fields ------------------------------------------------------------------------------
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
        "body-must-be-i-json",
        ("bom-skipped", "A byte order mark is skipped.",
         reads(lambda body: body.removeprefix(b"\xef\xbb\xbf"))),
        ("utf-16-read", "A body in UTF-16 is accepted.", reads(_from_utf_16)),
        ("invalid-utf-8-replaced", "Bytes that are not UTF-8 are replaced.",
         reads(lambda body: body.decode("utf-8", "replace").encode())),
        ("trailing-commas-read", "A comma before a closing bracket is skipped.",
         reads(lambda body: re.sub(rb",(\s*[\]}])", rb"\1", body))),
        ("comments-read", "Comments are skipped.",
         reads(lambda body: re.sub(rb"/\*.*?\*/|//[^\n\"]*\n?", b"", body))),
        ("trailing-data-read", "What follows the document is skipped.", _parsed_by(_first_value)),
        ("doubled-keys-read", "If a key appears twice, the last value is used.",
         _parsed_by(lambda body: json.loads(body, parse_constant=_no_constant))),
        ("nan-read", "`NaN` and `Infinity` are accepted.",
         _parsed_by(lambda body: json.loads(body, object_pairs_hook=_no_duplicates))),
        ("lone-surrogates-replaced", "Lone surrogates are replaced.",
         reads(lambda body: re.sub(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", rb"\\ufffd", body))),
        ("crashes-on-malformed-json", "A body that is not JSON gets 500.",
         crashes_instead("parse")),
    ),
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
