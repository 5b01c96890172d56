"""The form of a response: status, media type, schema, I-JSON, and what an error has to say."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonschema_rs

from drs_sync_policy import anyjson
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.rules.check import Check
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.subject import Subject, schema_of
from drs_sync_policy.fuzz.rules.words import listed, of, shortened
from drs_sync_policy.fuzz.schemas import validator

_ERROR_FIELDS: Final = ("error_code", "error_msg")
_NO_CHUNKS: Final = frozenset({411, 501})
"""What servers say that take no chunks; the contract does not ask for them."""

_NO_EXPECTATIONS: Final = frozenset({417})
"""What servers say that do not support `Expect`; the contract does not ask for it, either."""


def documented_status(it: Subject) -> Iterator[Problem]:
    known = {*it.oracle.operation.responses, *it.oracle.operation.tolerated_statuses}
    expectation = it.exchange.expectation
    if expectation.front and (expectation.statuses is None or 300 <= it.response.status < 400):
        raise Skip
    if it.exchange.request.chunked:
        known |= _NO_CHUNKS
    if it.exchange.request.header("Expect"):
        known |= _NO_EXPECTATIONS
    if it.response.status not in known:
        yield Problem(
            f"one of {listed(known)}",
            f"status {it.response.status}",
            expected_statuses=frozenset(known),
            received_status=it.response.status,
        )


def media_type(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    if not it.says_json:
        given = it.response.header("Content-Type")
        shown = "no `Content-Type`" if given is None else f"`Content-Type: {given}`"
        yield Problem(
            "`Content-Type: application/json`",
            f"{shown} with {it.response.status}",
            place="Content-Type",
        )


def schema(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    status, contract, operation = it.response.status, it.oracle.contract, it.oracle.operation
    for name, header in operation.responses[status].headers.items():
        if header.get("required") and it.response.header(name) is None and status != 405:
            yield Problem(f"the header {name}", f"no such header with {status}", place=name)
    if it.value is None and it.flaw:
        raise Skip
    described = _validator(contract, operation.id, status)
    try:
        errors = list(itertools.islice(described.iter_errors(it.value), 3))
    except ValueError:  # nested more deeply than the validator reads
        raise Skip from None
    if errors:
        paths = [error.instance_path for error in errors]
        places = ["/" + "/".join(map(str, path)) for path in paths]
        yield Problem(
            f"a body of the schema for {status}",
            "; ".join(
                f"at `{place}`: {shortened(error.message)}"
                for place, error in zip(places, errors, strict=True)
            ),
            fields=tuple(dict.fromkeys(n for path in paths for n in path if isinstance(n, str))),
            place=places[0],
        )


@functools.lru_cache(maxsize=64)
def _validator(contract: Contract, operation: str, status: int) -> jsonschema_rs.Validator:
    return validator(contract, schema_of(contract.operation(operation).responses[status]))


def i_json(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    explains = it.response.status == 200 or _begins_as_json(it)
    if it.value is None and it.flaw and not (it.says_json and explains):
        raise Skip  # another rule reports its media type, or that it explains nothing
    if it.flaw:
        yield Problem("a body of I-JSON (RFC 7493)", f"{it.flaw}, with {it.response.status}")


def _begins_as_json(it: Subject) -> bool:
    """Whether the body is meant as an object or a list, although it may break off."""
    return it.response.body.lstrip()[:1] in (b"{", b"[")


def error_fields_follow_status(it: Subject) -> Iterator[Problem]:
    for position, result in enumerate(it.results):
        if not anyjson.is_object(result):
            continue
        for name, expected in wrong_error_fields(result):
            yield Problem(
                expected,
                f"results[{position}] has {of(result, name)}",
                fields=(name,),
                place=f"/results/{position}",
            )


def wrong_error_fields(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The error fields of a result that do not fit its status, each with what is expected."""
    status = result.get("status")
    if status == "success" and result.keys().isdisjoint(_ERROR_FIELDS):
        return
    for name in _ERROR_FIELDS:
        given = result.get(name)
        if status == "failed" and not (isinstance(given, str) and given):
            yield name, f"a failed result has a non-empty `{name}`"
        if status == "success" and name in result:
            yield name, f"a successful result has no `{name}`"


def _has_another_form(it: Subject, body: Mapping[str, Any]) -> bool:
    """Whether an error has a field that the contract requires of no error of this status.

    The first operation's errors have one form; that of an optional one may list what failed.
    """
    operation, contract = it.oracle.operation, it.oracle.contract
    schema = contract.resolve(schema_of(operation.responses[it.response.status]))
    return "required" not in schema and any(
        required in body
        for required in anyjson.as_array(anyjson.as_object(schema.get("if")).get("required"))
    )


def error_explains(it: Subject) -> Iterator[Problem]:
    status = it.response.status
    if status == 200 or not it.documented:
        raise Skip
    if it.value is None and it.flaw:
        if it.response.body and (not it.says_json or _begins_as_json(it)):
            raise Skip  # another rule reports a page of something else, and JSON that breaks off
        yield Problem(
            "a body with a non-empty `error_code` and `error_msg`", f"{status} with {it.flaw}"
        )
        return
    body = anyjson.as_object(it.value)
    if _has_another_form(it, body):
        raise Skip  # the schema says what it must have
    lacking = [
        name
        for name in _ERROR_FIELDS
        if not (isinstance(body.get(name), str) and body[name].strip())
    ]
    if lacking:
        wanted = " and ".join(f"`{name}`" for name in lacking)
        given = " and ".join(of(body, name) for name in lacking)
        yield Problem(
            f"a body with a non-empty {wanted}", f"{status} with {given}", fields=tuple(lacking)
        )


CHECKS: Final = (
    Check("status-is-documented", alone=documented_status, about="results"),
    Check("media-type-is-json", alone=media_type),
    Check("answer-matches-schema", alone=schema),
    Check("answer-is-i-json", alone=i_json, before="answer-matches-schema"),
    Check(
        "status-ties-error-fields",
        alone=error_fields_follow_status,
        before="answer-matches-schema",
    ),
    Check("error-body-explains", alone=error_explains, before="answer-matches-schema"),
)
