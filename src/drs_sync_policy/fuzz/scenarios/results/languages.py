"""The same requests in every language: messages follow it, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from drs_sync_policy.fuzz.cases.covering import by_turns
from drs_sync_policy.fuzz.cases.texts import texts
from drs_sync_policy.fuzz.oracle import OTHER_METHODS
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.scenarios.results.comparisons import kinds
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy_contract import RuleId

_RULE: Final[RuleId] = "language-changes-only-messages"
_LARGEST: Final = 16 * 1024 * 1024
"""A limit above this is not tried in each language again."""


def _in_every_language(prober: Prober) -> None:
    """The same request in each language: other messages, nothing else."""
    for request, what in _requests(prober):
        _compare(prober, request, what)
        # What an earlier request asked for must not last; nor may another header choose.
        prober.send(request, case=f"{what}, no X-Language after requests with one")
        for accept in ("zh-CN,zh;q=0.9", "zh-cn"):
            other = request.with_header("Accept-Language", accept)
            prober.send(other, case=f"{what}, Accept-Language: {accept} and no X-Language")
            other = other.with_header("X-Language", "en-us")
            prober.send(other, case=f"{what}, Accept-Language: {accept} against X-Language")
    for request, what in _oversize(prober):
        _compare(prober, request, what)
    build = prober.bodies
    odd = [build.item(text) for text, _ in texts()]
    for language in prober.oracle.languages:
        request = prober.request(build.body(odd), language=language)
        prober.send(request, case=f"job ids of every kind, {language}")


def _compare(prober: Prober, request: Request, what: str) -> None:
    """Sends the request without a language and in each; nothing but messages may differ."""
    default = prober.send(request, case=f"{what}, no X-Language")
    for language in prober.oracle.languages:
        case = f"{what}, {language}"
        exchange = prober.send(request.with_header("X-Language", language), case=case)
        prober.check(_RULE, Evidence((default, exchange)), case=case)


def _requests(prober: Prober) -> Iterator[tuple[Request, str]]:
    good = prober.request(prober.bodies.batch(1))
    yield from by_turns(_right(prober), _wrong(prober), _refused_early(prober, good))


def _right(prober: Prober) -> Iterator[tuple[Request, str]]:
    """Items with every field, and items with none: another bug may reject either."""
    build = prober.bodies
    every = [build.full(job) for job in kinds(prober).values()]
    yield prober.request(build.body(every)), "a batch of every kind"
    for what, job in kinds(prober).items():
        yield prober.request(build.body([build.item(job)])), what


def _wrong(prober: Prober) -> Iterator[tuple[Request, str]]:
    build = prober.bodies
    yield prober.request(b"{"), "not JSON"
    yield prober.request({}), "no items"
    families: set[str] = set()
    for wrong in build.invalid():
        family = wrong.what.split(" is ")[0] + wrong.field + str("missing" in wrong.what)
        if family not in families:
            families.add(family)
            yield prober.request(wrong.body), wrong.what


def _refused_early(prober: Prober, good: Request) -> Iterator[tuple[Request, str]]:
    """A request for each status that comes before the body is looked at."""
    token = prober.oracle.operation.security_headers[0]
    for value, what in ((None, "no token"), ("", "an empty token"), ("x", "an unknown token")):
        yield good.with_header(token, value), what
    yield good.with_header("Content-Type", "text/plain"), "another media type"
    yield evolve(good, path=prober.path("x" * 65), fresh=True), "a malformed project"
    if prober.target.other:
        foreign = prober.path(prober.target.other.project_id)
        yield evolve(good, path=foreign, fresh=True), "another tenant's project"
    for method in OTHER_METHODS:
        yield evolve(good, method=method, fresh=True), f"the method {method}"


def _oversize(prober: Prober) -> Iterator[tuple[Request, str]]:
    limit = prober.target.max_body_bytes
    if limit and limit <= _LARGEST:
        build = prober.bodies
        good = prober.request(build.body([build.item(build.job_ids[0])]))
        body = (good.body or b"") + b" " * limit
        yield evolve(good, body=body, fresh=True), "a body that is too large"


SCENARIOS: Final = (Scenario("languages", _in_every_language),)
