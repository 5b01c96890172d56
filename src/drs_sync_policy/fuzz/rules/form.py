"""The form of a response: status, media type, schema, I-JSON, and what an error has to say."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Final

import jsonschema_rs

from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules.subject import Check, Problem, Skip, Subject
from drs_sync_policy.fuzz.rules.words import listed, of, shortened

_NO_CHUNKS: Final = frozenset({411, 501})
"""What servers say that take no chunks; the contract does not ask for them."""


def _documented(it: Subject) -> Iterator[Problem]:
    known = {*it.oracle.operation.responses, *it.oracle.operation.tolerated_statuses}
    expectation = it.exchange.expectation
    if expectation.front and (expectation.statuses is None or 300 <= it.response.status < 400):
        raise Skip
    if it.exchange.request.chunked:
        known |= _NO_CHUNKS
    if it.response.status not in known:
        yield f"one of {listed(known)}", f"status {it.response.status}"


def _media_type(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    if not it.says_json:
        given = it.response.header("Content-Type")
        shown = "no `Content-Type`" if given is None else f"`Content-Type: {given}`"
        yield "`Content-Type: application/json`", f"{shown} with {it.response.status}"


def _schema(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    status = it.response.status
    for name, header in it.oracle.operation.responses[status].headers.items():
        if header.get("required") and it.response.header(name) is None and status != 405:
            yield f"the header {name}", f"no such header with {status}"
    if it.value is None and it.flaw:
        raise Skip
    errors = [
        f"at `/{'/'.join(map(str, error.instance_path))}`: {shortened(error.message)}"
        for error in itertools.islice(_validators(it.oracle)[status].iter_errors(it.value), 3)
    ]
    if errors:
        yield f"a body of the schema for {status}", "; ".join(errors)


@functools.lru_cache(maxsize=8)
def _validators(oracle: Oracle) -> dict[int, jsonschema_rs.Validator]:
    return {
        status: jsonschema_rs.validator_for(
            oracle.contract.standalone(next(iter(response.content.values()), {}))
        )
        for status, response in oracle.operation.responses.items()
    }


def _i_json(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    if it.value is None and it.flaw and (not it.says_json or it.response.status != 200):
        raise Skip  # another rule reports its media type, or that it explains nothing
    if it.flaw:
        yield "a body of I-JSON (RFC 7493)", f"{it.flaw}, with {it.response.status}"


def _ties(it: Subject) -> Iterator[Problem]:
    for position, result in enumerate(it.results):
        if not isinstance(result, dict):
            continue
        status = result.get("status")
        for name in ("error_code", "error_msg"):
            given = result.get(name)
            if status == "failed" and not (isinstance(given, str) and given):
                yield (
                    f"a failed result has a non-empty `{name}`",
                    f"results[{position}] has {of(result, name)}",
                )
            if status == "success" and name in result:
                yield (
                    f"a successful result has no `{name}`",
                    f"results[{position}] has {of(result, name)}",
                )


def _explains(it: Subject) -> Iterator[Problem]:
    status = it.response.status
    if status == 200 or not it.documented:
        raise Skip
    if it.value is None and it.flaw:
        if it.response.body and not it.says_json:
            raise Skip  # a page of something else: media-type-is-json reports it
        yield "a body with a non-empty `error_code` and `error_msg`", f"{status} with {it.flaw}"
        return
    body = it.value if isinstance(it.value, dict) else {}
    lacking = [
        name
        for name in ("error_code", "error_msg")
        if not (isinstance(body.get(name), str) and body[name].strip())
    ]
    if lacking:
        wanted = " and ".join(f"`{name}`" for name in lacking)
        given = " and ".join(of(body, name) for name in lacking)
        yield f"a body with a non-empty {wanted}", f"{status} with {given}"


CHECKS: Final[dict[str, Check]] = {
    "status-is-documented": _documented,
    "media-type-is-json": _media_type,
    "answer-matches-schema": _schema,
    "answer-is-i-json": _i_json,
    "status-ties-error-fields": _ties,
    "error-body-explains": _explains,
}
