"""Faults of responses: status, media type, schema, I-JSON, and how results relate to items."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs

from drs_sync_policy.sandbox.faults.fault import Fault, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    Document,
    Result,
    accepted,
    body_of,
    each_result,
    encoded,
    errors,
    statuses,
    without,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import EncodedResponse

_RESPONSE: Final = "#/components/schemas/BatchSetPolicyResponse"
_RESULT: Final = "#/components/schemas/SyncPolicyResp"
_ERROR: Final = "#/components/schemas/ErrorResponse"


# --- bodies --------------------------------------------------------------------------------------
def _sent_as(media_type: str | None, *, errors_only: bool = False) -> Seam:
    def send(sent: EncodedResponse, _request: Request) -> EncodedResponse:
        if errors_only and sent.status == 200:
            return sent
        kept = without("Content-Type")(dict(sent.headers))
        return attrs.evolve(
            sent, headers=kept if media_type is None else {**kept, "Content-Type": media_type}
        )

    return encoded(send)


def _accepted_body(edit: Callable[[Document], Any]) -> Seam:
    return accepted(lambda body, _request: edit(body))


def _error_body(edit: Callable[[Document], Any]) -> Seam:
    return errors(lambda body, _request: edit(body))


def _renamed(old: str, new: str) -> Callable[[Document], Document]:
    return lambda body: {new if key == old else key: body[key] for key in body}


def _put(**fields: Any) -> Callable[[Document], Document]:
    return lambda body: {**body, **fields}


def _if_failed(edit: Callable[[Result], Result]) -> Seam:
    return each_result(lambda result: edit(result) if result["status"] == "failed" else result)


def _if_success(edit: Callable[[Result], Result]) -> Seam:
    return each_result(lambda result: edit(result) if result["status"] == "success" else result)


# --- I-JSON --------------------------------------------------------------------------------------
def _latin_1(body: bytes) -> bytes:
    text = json.dumps(json.loads(body), ensure_ascii=False)
    return text.encode("latin-1", "replace") if not text.isascii() else body


def _half_surrogates(body: bytes) -> bytes:
    # As a server that cuts UTF-16 in the middle: a pair loses its second half.
    return "".join(_halved(json.dumps(json.loads(body)))).encode()


def _halved(text: str) -> Iterator[str]:
    rest = text
    while (at := rest.find("\\ud8")) >= 0:
        yield rest[: at + 6]
        rest = rest[at + 12 :]
    yield rest


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "status-is-documented",
        ("answers-201", "An accepted batch gets 201.", statuses({200: 201})),
        ("answers-202", "An accepted batch gets 202.", statuses({200: 202})),
        ("answers-207", "An accepted batch gets 207.", statuses({200: 207})),
        ("refuses-with-409", "An invalid body gets 409.", statuses({400: 409})),
        ("refuses-with-418", "A wrong method gets 418.", statuses({405: 418})),
        ("unauthorized-with-407", "Invalid credentials get 407.", statuses({401: 407})),
    ),
    *of_rule(
        "media-type-is-json",
        ("answers-as-text", "Results are sent as text/plain.", _sent_as("text/plain")),
        ("answers-without-media-type", "Results are sent without Content-Type.", _sent_as(None)),
        ("errors-as-html", "Errors are sent as text/html.",
         _sent_as("text/html", errors_only=True)),
        ("errors-as-problem-json", "Errors are sent as application/problem+json.",
         _sent_as("application/problem+json", errors_only=True)),
    ),
    *of_rule(
        "answer-matches-schema",
        ("answer-without-count", "The response has no `count`.",
         _accepted_body(without("count")), f"{_RESPONSE}/required"),
        ("answer-without-results", "The response has no `results`.",
         _accepted_body(without("results")), f"{_RESPONSE}/required"),
        ("count-as-text", "`count` is a string.",
         _accepted_body(lambda body: {**body, "count": str(body["count"])}),
         f"{_RESPONSE}/properties/count/type"),
        ("results-under-jobs",
         "The results are in `jobs`, as in other operations of the vendor.",
         _accepted_body(_renamed("results", "jobs")), f"{_RESPONSE}/unevaluatedProperties"),
        ("field-beside-count",
         "The response has a field `total_count` that the contract does not describe.",
         _accepted_body(lambda body: {**body, "total_count": body["count"]}),
         f"{_RESPONSE}/unevaluatedProperties"),
        ("bare-list", "The response is the list of results without the object around it.",
         _accepted_body(lambda body: body["results"]), f"{_RESPONSE}/type"),
        ("result-without-id", "A result has no `id`.",
         each_result(without("id")), f"{_RESULT}/required"),
        ("result-without-status", "A result has no `status`.",
         each_result(without("status")), f"{_RESULT}/required"),
        ("status-capitalised",
         "`status` is `Success` or `Failed`, as in the vendor's fifth version.",
         each_result(lambda result: {**result, "status": result["status"].capitalize()}),
         f"{_RESULT}/properties/status"),
        ("field-in-result",
         "A result has a field `name` that the contract does not describe.",
         each_result(_put(name="job")), f"{_RESULT}/unevaluatedProperties"),
        ("job-id-instead-of-id", "The id of a result is in `job_id`.",
         each_result(_renamed("id", "job_id")), f"{_RESULT}/unevaluatedProperties"),
        ("nulls-in-success", "A successful result has `error_code` and `error_msg` of null.",
         each_result(lambda result: {"error_code": None, "error_msg": None, **result}),
         f"{_RESULT}/else/properties/error_code"),
    ),
    *of_rule(
        "answer-is-i-json",
        ("answer-with-bom", "Results begin with a byte order mark.",
         body_of(200, lambda body: b"\xef\xbb\xbf" + body)),
        ("answer-with-doubled-key", "Results have `count` twice.",
         body_of(200, lambda body: re.sub(rb'"count":\d+', rb"\g<0>,\g<0>", body, count=1))),
        ("answer-in-latin-1", "Ids that are not ASCII are sent in ISO 8859-1.",
         body_of(200, _latin_1)),
        ("answer-with-lone-surrogate",
         "Characters beyond the basic plane lose half of their surrogate pair.",
         body_of(200, _half_surrogates)),
        ("answer-with-trailing-data", "A second JSON value follows the results.",
         body_of(200, lambda body: body + b"\n{}")),
    ),
    *of_rule(
        "status-ties-error-fields",
        ("success-with-code", "A successful result has an `error_code` of `0`.",
         _if_success(_put(error_code="0")), _RESULT),
        ("success-with-empty-message", "A successful result has an empty `error_msg`.",
         _if_success(_put(error_msg="")), _RESULT),
        ("failed-without-code", "A failed result has no `error_code`.",
         _if_failed(without("error_code")), _RESULT),
        ("failed-without-message", "A failed result has no `error_msg`.",
         _if_failed(without("error_msg")), _RESULT),
        ("failed-with-empty-code", "A failed result has an empty `error_code`.",
         _if_failed(_put(error_code="")), _RESULT),
        ("failed-with-empty-message", "A failed result has an empty `error_msg`.",
         _if_failed(_put(error_msg="")), _RESULT),
    ),
    *of_rule(
        "error-body-explains",
        ("errors-nested", "Errors are under `error`, with `code` and `message`.",
         _error_body(lambda body: {
             "error": {"code": body["error_code"], "message": body["error_msg"]}}), _ERROR),
        ("errors-without-code", "Errors have no `error_code`.",
         _error_body(without("error_code")), _ERROR),
        ("errors-with-empty-message", "Errors have an empty `error_msg`.",
         _error_body(_put(error_msg="")), _ERROR),
        ("unauthorized-without-body", "A 401 has no body.",
         body_of(401, lambda _body: b""), _ERROR),
        ("wrong-method-without-body", "A 405 has no body.",
         body_of(405, lambda _body: b""), _ERROR),
        ("invalid-body-as-text", "The body of a 400 is a sentence instead of JSON.",
         body_of(400, lambda _body: b"Bad Request"), _ERROR),
        ("errors-as-results",
         "A 400 has the results of a batch in its body, as in other operations of the vendor.",
         _error_body(lambda body: {"results": [body], "count": 1}), _ERROR),
    ),
)  # fmt: skip
