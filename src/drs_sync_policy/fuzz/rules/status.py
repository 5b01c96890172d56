"""Whether the status is one that the contract allows for the request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from drs_sync_policy.fuzz.defects import CLOSED, PARAMETERS_RULE, AnyRule, statuses_of
from drs_sync_policy.fuzz.rules.check import Check, OfState
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.subject import Subject
from drs_sync_policy.fuzz.rules.words import listed, said

_STATUS: Final = re.compile(r"\b[2-5]\d\d\b")


def of(rule: AnyRule) -> Callable[[Subject], Iterator[Problem]]:
    """The check of the status of the requests that `rule` is about."""

    def check(it: Subject) -> Iterator[Problem]:
        if it.exchange.expectation.rule != rule:
            raise Skip
        yield from _status(it)

    return check


def by_status(rule: AnyRule, *, stored: OfState | None = None) -> Check:
    """The row of a rule that only says which status the requests get that it is about."""
    return Check(rule, alone=of(rule), stored=stored, about="status")


def accepted(it: Subject) -> Iterator[Problem]:
    """A valid request gets 200, whatever it is about."""
    expectation = it.exchange.expectation
    if expectation.rule != "valid-request-is-accepted" and not expectation.valid:
        raise Skip
    yield from _status(it)


def never_crashes(it: Subject) -> Iterator[Problem]:
    """A valid request gets a response below 500."""
    expectation, response = it.exchange.expectation, it.exchange.response
    if not expectation.valid:
        raise Skip
    if response is None or response.status >= 500:
        yield _problem(it, "200", frozenset({200}))


def other_methods(it: Subject) -> Iterator[Problem]:
    """Another method gets its status, and a 405 names the method of the operation."""
    if it.exchange.expectation.rule != "other-methods-are-refused":
        raise Skip
    yield from _status(it)
    if it.response.status == 405:
        allow = it.response.header("Allow")
        methods = {method.strip() for method in (allow or "").split(",")}
        if it.oracle.operation.method not in methods:
            given = "no `Allow` header" if allow is None else f"`Allow: {allow}`"
            wanted = f"405 with `Allow: {it.oracle.operation.method}`"
            yield Problem(wanted, f"405 with {given}", place="Allow")


def not_200(it: Subject) -> Problem:
    """The problem of a response that had to be a 200."""
    return _problem(it, "200", frozenset({200}))


def _status(it: Subject) -> Iterator[Problem]:
    allowed = it.exchange.expectation.statuses
    if allowed is None:
        raise Skip
    response = it.exchange.response
    if (CLOSED if response is None else response.status) not in allowed:
        yield _problem(it, _expected(it, allowed), allowed)


def _problem(it: Subject, expected: str, allowed: frozenset[int]) -> Problem:
    response = it.exchange.response
    received = it.exchange.silence
    if response is not None:
        received = f"{response.status} {said(it.value)}".strip()
    return Problem(
        expected,
        received,
        fields=it.exchange.expectation.fields,
        expected_statuses=allowed,
        received_status=CLOSED if response is None else response.status,
    )


def _expected(it: Subject, allowed: frozenset[int]) -> str:
    """What the rule asks for in its own words, and what else is right, as for other defects."""
    expectation = it.exchange.expectation
    known = {rule.id: rule.statement for rule in it.oracle.contract.rules}
    statement = known.get(expectation.rule, "")
    asked = {int(status) for status in _STATUS.findall(statement)}
    if "closed connection" in statement:
        asked.add(CLOSED)
    own = statuses_of(expectation.rule, expectation.defects) & allowed or allowed
    asked &= own
    wanted = asked or own
    besides = allowed - wanted
    return listed(wanted) + (f" (also tolerated: {listed(besides)})" if besides else "")


CHECKS: Final = (
    Check("valid-request-never-crashes", alone=never_crashes, about="status"),
    by_status("job-id-is-opaque"),
    by_status("batch-size-is-unbounded"),
    by_status("extremes-in-ignored-fields-are-survived"),
    by_status("invalid-body-is-refused"),
    by_status("body-must-be-i-json"),
    by_status("other-media-types-are-refused"),
    by_status("unknown-language-is-refused"),
    by_status("malformed-project-id-is-refused"),
    by_status("oversized-body-is-refused"),
    Check("other-methods-are-refused", alone=other_methods, about="status"),
    by_status("missing-credentials-are-refused"),
    by_status("wrong-credentials-are-refused"),
    by_status("token-is-matched-exactly"),
    by_status("credentials-come-before-the-body"),
    by_status("foreign-project-is-refused"),
    by_status(PARAMETERS_RULE),
)
