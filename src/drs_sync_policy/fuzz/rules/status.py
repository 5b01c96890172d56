"""Whether the status is one that the contract allows for the request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from drs_sync_policy.fuzz.oracle import CLOSED
from drs_sync_policy.fuzz.rules.subject import Check, Problem, Skip, Subject
from drs_sync_policy.fuzz.rules.words import listed, said
from drs_sync_policy.fuzz.verdict import Exchange

_STATUS: Final = re.compile(r"\b[2-5]\d\d\b")
_ACCEPTED: Final = "valid-request-is-accepted"
_THEIR_OWN_STATUS: Final = frozenset({"other-methods-are-refused", "valid-request-never-crashes"})


def of_the_case(exchange: Exchange) -> Iterator[tuple[str, Check]]:
    """The rules that the status is a matter of, but for those that see to it themselves."""
    expectation = exchange.expectation
    if expectation.statuses is None or expectation.rule in _THEIR_OWN_STATUS:
        return
    yield expectation.rule, _status
    if expectation.valid and expectation.rule != _ACCEPTED:
        yield _ACCEPTED, _status


def _status(it: Subject) -> Iterator[Problem]:
    expectation, response = it.exchange.expectation, it.exchange.response
    if expectation.statuses is None:
        raise Skip
    if response is None:
        if CLOSED not in expectation.statuses:
            yield _expected(it, expectation.statuses), it.exchange.silence
    elif response.status not in expectation.statuses:
        received = f"{response.status} {said(it.value)}".strip()
        yield _expected(it, expectation.statuses), received


def _expected(it: Subject, allowed: frozenset[int]) -> str:
    """What the rule asks for in its own words, apart from what else is tolerated."""
    statement = it.oracle.operation.rule(it.exchange.expectation.rule).statement
    asked = {int(status) for status in _STATUS.findall(statement)}
    if "closed connection" in statement:
        asked.add(CLOSED)
    asked &= allowed
    besides = allowed - asked
    if not asked or not besides:
        return listed(allowed)
    return f"{listed(asked)} (also tolerated: {listed(besides)})"


def _never_crashes(it: Subject) -> Iterator[Problem]:
    expectation, response = it.exchange.expectation, it.exchange.response
    if not expectation.valid:
        raise Skip
    if response is None:
        yield "200", it.exchange.silence
    elif response.status >= 500:
        yield "200", f"{response.status} {said(it.value)}".strip()


def _allow(it: Subject) -> Iterator[Problem]:
    if it.exchange.expectation.rule != "other-methods-are-refused":
        raise Skip
    yield from _status(it)
    if it.response.status == 405:
        allow = it.response.header("Allow")
        methods = {method.strip() for method in (allow or "").split(",")}
        if it.oracle.operation.method not in methods:
            given = "no `Allow` header" if allow is None else f"`Allow: {allow}`"
            yield f"405 with `Allow: {it.oracle.operation.method}`", f"405 with {given}"


CHECKS: Final[dict[str, Check]] = {
    "valid-request-never-crashes": _never_crashes,
    "other-methods-are-refused": _allow,
}
