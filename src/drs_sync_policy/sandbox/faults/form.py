"""Faults in the form of an answer: status, media type, schema, I-JSON, error fields."""

from __future__ import annotations

import json
from collections.abc import (
    Callable,
    Iterator,
)
from typing import Any

import attrs

from drs_sync_policy.sandbox.faults.fault import Fault, Kind
from drs_sync_policy.sandbox.faults.wrap import (
    Body,
    Result,
    Rows,
    WrapSteps,
    answers,
    each_result,
    errors,
    statuses,
    wires,
    with_body,
)
from drs_sync_policy.sandbox.http.response import Wire
from drs_sync_policy.sandbox.request import Call

_RESPONSE = "#/components/schemas/BatchSetPolicyResponse"
_RESULT = "#/components/schemas/SyncPolicyResp"
_ERROR = "#/components/schemas/ErrorResponse"


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _statuses()
    yield from _media_types()
    yield from _bodies()
    yield from _results()
    yield from _i_json()
    yield from _error_fields()
    yield from _error_bodies()


def _statuses() -> Iterator[Fault]:
    for name, description, change in (
        ("answers-201", "A batch that was accepted is answered with 201.", {200: 201}),
        ("answers-202", "A batch that was accepted is answered with 202.", {200: 202}),
        ("answers-207", "A batch that was accepted is answered with 207.", {200: 207}),
        ("refuses-with-409", "An invalid body is answered with 409.", {400: 409}),
        ("refuses-with-418", "A wrong method is answered with 418.", {405: 418}),
        ("unauthorized-with-407", "Bad credentials are answered with 407.", {401: 407}),
    ):
        yield Fault(name, description, "status-is-documented", "status", steps=statuses(change))


def _media_types() -> Iterator[Fault]:
    def typed(media_type: str | None, *, errors_only: bool) -> WrapSteps:
        def send(wire: Wire, _call: Call) -> Wire:
            if errors_only and wire.status == 200:
                return wire
            headers = {**wire.headers, "Content-Type": media_type or ""}
            if media_type is None:
                del headers["Content-Type"]
            return attrs.evolve(wire, headers=headers)

        return wires(send)

    for name, description, media_type, errors_only in (
        ("answers-as-text", "Results are sent as text/plain.", "text/plain", False),
        ("answers-without-media-type", "Results are sent without Content-Type.", None, False),
        ("errors-as-html", "Errors are sent as text/html.", "text/html", True),
        (
            "errors-as-problem-json",
            "Errors are sent as application/problem+json.",
            "application/problem+json",
            True,
        ),
    ):
        steps = typed(media_type, errors_only=errors_only)
        yield Fault(name, description, "media-type-is-json", "response", steps=steps)


def _bodies() -> Iterator[Fault]:
    def without(name: str) -> WrapSteps:
        return answers(lambda body, _call: {key: body[key] for key in body if key != name})

    def renamed(old: str, new: str) -> WrapSteps:
        return answers(lambda body, _call: {new if key == old else key: body[key] for key in body})

    for name, description, steps, clause in (
        ("answer-without-count", "The answer has no `count`.", without("count"), "required"),
        ("answer-without-results", "The answer has no `results`.", without("results"), "required"),
        (
            "count-as-text",
            "`count` is a string.",
            answers(lambda body, _call: {**body, "count": str(body["count"])}),
            "properties/count/type",
        ),
        (
            "results-under-jobs",
            "The results come under `jobs`, as other calls of the vendor do it.",
            renamed("results", "jobs"),
            "unevaluatedProperties",
        ),
        (
            "field-beside-count",
            "The answer has a field `total_count` that the contract does not know.",
            answers(lambda body, _call: {**body, "total_count": body["count"]}),
            "unevaluatedProperties",
        ),
        (
            "bare-list",
            "The answer is the list of results without the object around it.",
            answers(lambda body, _call: body["results"]),
            "type",
        ),
    ):
        yield _schema(name, description, steps, f"{_RESPONSE}/{clause}")


def _results() -> Iterator[Fault]:
    def put(**fields: Any) -> WrapSteps:
        return each_result(lambda result: {**result, **fields})

    def without(name: str) -> WrapSteps:
        return each_result(lambda result: {key: result[key] for key in result if key != name})

    def capital(result: Result) -> Result:
        return {**result, "status": result["status"].capitalize()}

    for name, description, steps, clause in (
        ("result-without-id", "A result has no `id`.", without("id"), "required"),
        ("result-without-status", "A result has no `status`.", without("status"), "required"),
        (
            "status-capitalised",
            "`status` is `Success` or `Failed`, as in the vendor's fifth version.",
            each_result(capital),
            "properties/status",
        ),
        (
            "field-in-result",
            "A result has a field `name` that the contract does not know.",
            put(name="job"),
            "unevaluatedProperties",
        ),
        (
            "job-id-instead-of-id",
            "The id of a result comes under `job_id`.",
            each_result(lambda r: {"job_id": r["id"], **{k: r[k] for k in r if k != "id"}}),
            "unevaluatedProperties",
        ),
        (
            "nulls-in-success",
            "A successful result has `error_code` and `error_msg` of null.",
            each_result(lambda r: {"error_code": None, "error_msg": None, **r}),
            "else/properties/error_code",
        ),
    ):
        yield _schema(name, description, steps, f"{_RESULT}/{clause}")


def _schema(name: str, description: str, steps: WrapSteps, clause: str) -> Fault:
    rule, kind = "answer-matches-schema", "response"
    return Fault(name, description, rule, _kind(kind), steps=steps, clause=clause)


def _kind(name: Any) -> Kind:
    kind: Kind = name
    return kind


def _i_json() -> Iterator[Fault]:
    def bytes_of(edit: Callable[[bytes], bytes]) -> WrapSteps:
        return wires(
            lambda wire, _call: with_body(wire, edit(wire.body)) if wire.status == 200 else wire
        )

    def latin(body: bytes) -> bytes:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return text.encode("latin-1", "replace") if not text.isascii() else body

    def doubled(body: bytes) -> bytes:
        return body[:-1] + b',"count":' + body.rpartition(b":")[2]

    def surrogates(body: bytes) -> bytes:
        # As a server does that cuts UTF-16 in the middle: a pair loses its second half.
        text = json.dumps(json.loads(body))
        return "".join(_halved(text)).encode()

    edit_table: Rows[Callable[[bytes], bytes]] = (
        (
            "answer-with-bom",
            "Results begin with a byte order mark.",
            lambda body: b"\xef\xbb\xbf" + body,
        ),
        ("answer-with-doubled-key", "Results have `count` twice.", doubled),
        ("answer-in-latin-1", "Ids that are not ASCII are sent in ISO 8859-1.", latin),
        (
            "answer-with-lone-surrogate",
            "Characters beyond the basic plane lose half of their surrogate pair.",
            surrogates,
        ),
        (
            "answer-with-trailing-data",
            "A second JSON value follows the results.",
            lambda body: body + b"\n{}",
        ),
    )
    for name, description, edit in edit_table:
        yield Fault(name, description, "answer-is-i-json", "response", steps=bytes_of(edit))


def _halved(text: str) -> Iterator[str]:
    rest = text
    while (at := rest.find("\\ud8")) >= 0:
        yield rest[: at + 6]
        rest = rest[at + 12 :]
    yield rest


def _error_fields() -> Iterator[Fault]:
    def failed(edit: Callable[[Result], Result]) -> WrapSteps:
        return each_result(lambda r: edit(r) if r["status"] == "failed" else r)

    def success(**fields: Any) -> WrapSteps:
        return each_result(lambda r: {**r, **fields} if r["status"] == "success" else r)

    def without(name: str) -> WrapSteps:
        return failed(lambda result: {key: result[key] for key in result if key != name})

    for name, description, steps in (
        (
            "success-with-code",
            "A successful result has an `error_code` of `0`.",
            success(error_code="0"),
        ),
        (
            "success-with-empty-message",
            "A successful result has an empty `error_msg`.",
            success(error_msg=""),
        ),
        ("failed-without-code", "A failed result has no `error_code`.", without("error_code")),
        ("failed-without-message", "A failed result has no `error_msg`.", without("error_msg")),
        (
            "failed-with-empty-code",
            "A failed result has an empty `error_code`.",
            failed(lambda result: {**result, "error_code": ""}),
        ),
        (
            "failed-with-empty-message",
            "A failed result has an empty `error_msg`.",
            failed(lambda result: {**result, "error_msg": ""}),
        ),
    ):
        yield Fault(
            name, description, "status-ties-error-fields", "response", steps=steps, clause=_RESULT
        )


def _error_bodies() -> Iterator[Fault]:
    def only(status: int, edit: Callable[[bytes], bytes]) -> WrapSteps:
        def send(wire: Wire, _call: Call) -> Wire:
            return with_body(wire, edit(wire.body)) if wire.status == status else wire

        return wires(send)

    def nested(body: Body, _call: Call) -> Body:
        return {"error": {"code": body["error_code"], "message": body["error_msg"]}}

    def without(name: str) -> WrapSteps:
        return errors(lambda body, _call: {key: body[key] for key in body if key != name})

    for name, description, steps in (
        ("errors-nested", "Errors come under `error`, with `code` and `message`.", errors(nested)),
        ("errors-without-code", "Errors have no `error_code`.", without("error_code")),
        (
            "errors-with-empty-message",
            "Errors have an empty `error_msg`.",
            errors(lambda body, _call: {**body, "error_msg": ""}),
        ),
        (
            "unauthorized-without-body",
            "A 401 has no body.",
            only(401, lambda _body: b""),
        ),
        (
            "wrong-method-without-body",
            "A 405 has no body.",
            only(405, lambda _body: b""),
        ),
        (
            "invalid-body-as-text",
            "The body of a 400 is a sentence that is no JSON.",
            only(400, lambda _body: b"Bad Request"),
        ),
        (
            "errors-as-results",
            "A 400 has the results of a batch in its body, as other calls of the vendor do it.",
            errors(lambda body, _call: {"results": [body], "count": 1}),
        ),
    ):
        yield Fault(
            name, description, "error-body-explains", "response", steps=steps, clause=_ERROR
        )
