"""Gaps in the validation: bodies, headers, paths, methods and sizes that should be refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox.faults.contracts import policy_fields
from drs_sync_policy.sandbox.faults.fault import Fault
from drs_sync_policy.sandbox.faults.wrap import (
    Rows,
    WrapSteps,
    as_object,
    documents,
    each_item,
    each_item_of,
    field_schema,
    field_values,
    items_of,
    schemas,
)
from drs_sync_policy.sandbox.http.response import Answer
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy.sandbox.steps import Service, Steps

_BODY = "invalid-body-is-refused"
_ITEM = "#/components/schemas/SyncPolicyReq"
_BATCH = "#/components/schemas/BatchSetPolicyReq"


def faults(contract: Contract) -> Iterator[Fault]:
    """All of them, several for each field of an item of `contract`."""
    for name, schema in policy_fields(contract).items():
        yield from _field(name, schema)
    yield from _job_id()
    yield from _positions()
    yield from _batch()
    yield from _unlooked()


def _unlooked() -> Iterator[Fault]:
    """A job is looked up first, and its item looked at only where that goes on."""
    own = {job for tenant in TENANTS for job in tenant.job_ids}
    blocked = {job for tenant in TENANTS for job in tenant.blocked_job_ids}

    def checking(looked_at: Callable[[str], bool]) -> WrapSteps:
        def check_body(steps: Steps) -> Callable[[Service, Any], None]:
            def check(service: Service, document: Any) -> None:
                steps.check_body(service, each_item_of(fair)(document))

            return check

        def fair(item: dict[str, Any]) -> Any:
            job = item.get("job_id")
            return item if not isinstance(job, str) or looked_at(job) else {"job_id": "x"}

        return lambda steps: attrs.evolve(steps, check_body=check_body(steps))

    table: Rows[Callable[[str], bool]] = (
        ("unknown-items-unchecked", "The fields of an unknown job's item are not looked at.",
         lambda job: not job or job in own or job in blocked),
        ("blocked-items-unchecked", "The fields of a blocked job's item are not looked at.",
         lambda job: job not in blocked),
    )  # fmt: skip
    for name, description, looked_at in table:
        yield Fault(name, description, _BODY, "validation", steps=checking(looked_at))


def _field(name: str, schema: Mapping[str, Any]) -> Iterator[Fault]:
    word = name.replace("_", "-")
    clause = f"{_ITEM}/properties/{name}"

    def gap(kind: str, description: str, **how: Any) -> Fault:
        return Fault(f"{kind}-{word}", description, _BODY, "validation", clause=clause, **how)

    yield gap(
        "null",
        f"`{name}: null` is taken for a field that was left out.",
        steps=each_item(lambda i: {k: i[k] for k in i if k != name or i[k] is not None}),
    )
    if "enum" in schema:
        values = schema["enum"]
        yield gap(
            "any-text",
            f"Every text is a value of `{name}`.",
            contract=field_schema(name, lambda _schema: {"type": "string"}),
        )
        yield gap(
            "any-case",
            f"`{name}` is compared without regard to case.",
            steps=field_values(name, _mapped_text(str.lower)),
        )
        yield gap(
            "padded",
            f"Blanks around `{name}` are cut off.",
            steps=field_values(name, _mapped_text(str.strip)),
        )
        yield gap(
            "empty",
            f"An empty `{name}` is a value.",
            contract=field_schema(name, lambda _s: {"enum": [*values, ""]}),
        )
    elif schema.get("type") == "boolean":
        yield gap(
            "text-for",
            f"`{name}` may be the text `true` or `false`.",
            steps=field_values(name, _boolean_of_text),
        )
        yield gap(
            "number-for",
            f"`{name}` may be 0 or 1.",
            steps=field_values(name, _boolean_of_number),
        )
    elif schema.get("type") == "string":
        yield gap(
            "number-for",
            f"`{name}` may be a number.",
            steps=field_values(name, _text_of_number),
        )
        yield gap(
            "any-type",
            f"`{name}` may be of any type.",
            contract=field_schema(name, lambda _schema: True),
        )


def _mapped_text(edit: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda value: edit(value) if isinstance(value, str) else value


def _boolean_of_text(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _boolean_of_number(value: Any) -> Any:
    return bool(value) if not isinstance(value, bool) and value in (0, 1) else value


def _text_of_number(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return json.dumps(value) if number else value


def _job_id() -> Iterator[Fault]:
    clause = f"{_ITEM}/properties/job_id"

    def optional(known: dict[str, Any]) -> None:
        known["SyncPolicyReq"]["required"] = []

    yield Fault(
        "number-for-job-id",
        "`job_id` may be a number.",
        _BODY,
        "validation",
        steps=field_values("job_id", _text_of_number),
        clause=clause,
    )
    yield Fault(
        "empty-job-id",
        "An empty `job_id` is that of a job that does not exist.",
        _BODY,
        "validation",
        contract=field_schema("job_id", lambda _schema: {"type": "string"}),
        clause=f"{clause}/minLength",
    )
    yield Fault(
        "missing-job-id",
        "An item without `job_id` is one of a job that does not exist.",
        _BODY,
        "validation",
        steps=each_item(lambda item: {"job_id": "missing", **item}),
        contract=schemas(optional),
        clause=f"{_ITEM}/required",
    )


def _positions() -> Iterator[Fault]:
    def checked(part: Callable[[list[Any]], list[Any]]) -> WrapSteps:
        return lambda steps: _unchecked(steps, part)

    part_table: Rows[Callable[[list[Any]], list[Any]]] = (
        (
            "only-first-item-checked",
            "Of a batch, only the first item is validated.",
            lambda items: items[:1],
        ),
        (
            "last-item-unchecked",
            "Of a batch, every item but the last is validated.",
            lambda items: items[:-1] or items,
        ),
        (
            "items-beyond-ten-unchecked",
            "Of a batch, the first ten items are validated.",
            lambda items: items[:10],
        ),
        (
            "middle-items-unchecked",
            "Of a batch, the first and the last item are validated.",
            lambda items: [*items[:1], *items[1:][-1:]],
        ),
    )
    for name, description, part in part_table:
        steps = checked(part)
        yield Fault(
            name,
            description,
            _BODY,
            "validation",
            steps=steps,
            clause=f"{_BATCH}/properties/jobs/items",
        )


def _unchecked(steps: Steps, part: Callable[[list[Any]], list[Any]]) -> Steps:
    def check_body(service: Service, document: Any) -> None:
        items = items_of(document)
        seen = document if items is None else {**document, "jobs": part(items)}
        steps.check_body(service, seen)

    async def carry_out(service: Service, call: Call, document: Any) -> Answer:
        items = [_somehow_valid(item) for item in document["jobs"]]
        return await steps.carry_out(service, call, {**document, "jobs": items})

    return attrs.evolve(steps, check_body=check_body, carry_out=carry_out)


def _somehow_valid(item: Any) -> dict[str, Any]:
    known = as_object(item)
    job_id = known.get("job_id")
    return {**known, "job_id": job_id if isinstance(job_id, str) and job_id else "invalid"}


def _batch() -> Iterator[Fault]:
    def no_minimum(known: dict[str, Any]) -> None:
        del known["BatchSetPolicyReq"]["properties"]["jobs"]["minItems"]

    def wrapped(document: Any) -> Any:
        known = as_object(document)
        jobs = as_object(known.get("jobs"))
        return {**known, "jobs": [jobs]} if jobs else document

    def listed(document: Any) -> Any:
        listed: Any = {"jobs": document}
        return listed if isinstance(document, list) else document

    yield Fault(
        "empty-batch",
        "A batch without items is accepted.",
        _BODY,
        "validation",
        contract=schemas(no_minimum),
        clause=f"{_BATCH}/properties/jobs/minItems",
    )
    yield Fault(
        "single-item-for-batch",
        "`jobs` may be one item instead of a list.",
        _BODY,
        "validation",
        steps=documents(wrapped),
        clause=f"{_BATCH}/properties/jobs/type",
    )
    yield Fault(
        "list-for-body",
        "The body may be the list of items without the object around it.",
        _BODY,
        "validation",
        steps=documents(listed),
        clause=f"{_BATCH}/type",
    )
    yield Fault(
        "invalid-items-fail-alone",
        "An invalid item is a failed result in a 200, and the others are carried out.",
        _BODY,
        "validation",
        steps=_fail_alone,
    )
    yield Fault(
        "crashes-on-invalid-body",
        "A body that violates the schema gets 500.",
        _BODY,
        "crash",
        steps=_crashing,
    )


def _crashing(steps: Steps) -> Steps:
    def check_body(service: Service, document: Any) -> None:
        try:
            steps.check_body(service, document)
        except Refusal as refused:
            raise refusal.service_failed() from refused

    return attrs.evolve(steps, check_body=check_body)


def _fail_alone(steps: Steps) -> Steps:
    def is_valid(service: Service, document: Any, item: Any) -> bool:
        try:
            steps.check_body(service, {**document, "jobs": [item]})
        except Refusal:
            return False
        return True

    def check_body(service: Service, document: Any) -> None:
        if not items_of(document):
            steps.check_body(service, document)

    async def carry_out(service: Service, call: Call, document: Any) -> Answer:
        items = document["jobs"]
        verdicts = [is_valid(service, document, item) for item in items]
        stripped = [
            item if valid else {"job_id": _somehow_valid(item)["job_id"] + "\0invalid"}
            for item, valid in zip(items, verdicts, strict=True)
        ]
        given = await steps.carry_out(service, call, {**document, "jobs": stripped})
        results = [
            result if valid else {**result, "id": _somehow_valid(item)["job_id"]}
            for result, item, valid in zip(given.body["results"], items, verdicts, strict=True)
        ]
        return attrs.evolve(given, body={**given.body, "results": results})

    return attrs.evolve(steps, check_body=check_body, carry_out=carry_out)
