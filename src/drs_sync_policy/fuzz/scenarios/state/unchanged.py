"""What must change nothing that is stored: rejected requests, and requests of another tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import evolve

from drs_sync_policy.anyjson import as_object
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import ITEMS, Bodies, InvalidBody
from drs_sync_policy.fuzz.cases.covering import by_turns
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.prober import GATEWAY, Prober
from drs_sync_policy.fuzz.scenarios.requests.raw_bodies import raw_bodies
from drs_sync_policy.fuzz.scenarios.requests.sweep import one_of_each
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Response
from drs_sync_policy_contract import RuleId

_LAST: Final = "the last of 3"
_NOTHING: Final[RuleId] = "refused-request-changes-nothing"
_TRIES: Final = 60
"""So many requests are sent until one is throttled."""
_ENOUGH: Final = 3
"""So many throttled requests are enough."""
_RATE_LIMIT: Final = 429
"""A 503 may come from a gateway after the server stored the request, so nothing is said of it."""


@with_state
def _partly(state: StateProber) -> None:
    """Valid items before an invalid one are not stored: one case for each field."""
    last = [wrong for wrong in one_of_each(state.build) if _LAST in wrong.what and wrong.field]
    _check_each(
        state,
        (
            (state.prober.request(wrong.body), f"valid items before one with {wrong.what}")
            for wrong in {wrong.field: wrong for wrong in last}.values()
        ),
    )


@with_state
def _not_for_its_items(state: StateProber) -> None:
    """A request with valid items that is rejected for something else stores nothing."""
    _check_each(state, _wrong_around_items(state))


@with_state
def _rejected(state: StateProber) -> None:
    """A request that is rejected for its body stores nothing, not even its valid items."""
    wrong = ((state.prober.request(entry.body), entry.what) for entry in _with_items(state.build))
    _check_each(state, by_turns(_no_i_json(state), wrong))


def _check_each(state: StateProber, requests: Iterable[tuple[Request, str]]) -> None:
    """Check that each request changes nothing.

    All of them have the same values: once one has stored these, the next ones would show nothing.
    """
    jobs = state.tenant.job_ids[:3]
    before = {job: state.settle(job) for job in jobs}
    for request, what in requests:
        exchange = state.prober.send(request, case=what)
        after = state.check([_NOTHING], before, [exchange], case=what)
        if after != before:
            before = {job: state.settle(job) for job in jobs}


@with_state
def _throttled(state: StateProber) -> None:
    """A request that gets 429 stores nothing; it is read before the request is sent again.

    Without this, the request that is sent again stores what the first one must not store. Each is
    sent on a connection of its own. If no response comes, it is not sent again: the first try may
    have stored it rightly.
    """
    prober, job = state.prober, state.tenant.job_ids[0]
    unsent = prober.unsent
    if not prober.wire.throttled and not unsent:
        return
    case = "a valid request that the server throttles"
    before, seen = {job: state.settle(job)}, 0
    if unsent:
        state.check([_NOTHING], before, [], case=case)
        return
    for number in range(_TRIES):
        if prober.unsent or seen >= _ENOUGH:
            return
        prober.must_have_a_turn()
        request = evolve(prober.request(state.build.batch(1, 1 + number % 2)), fresh=True)
        expectation = prober.oracle.expect(request)
        first = Exchange(request, evolve(expectation, rule=_NOTHING, statuses=None))

        def check(response: Response, first: Exchange = first, known: Any = before) -> None:
            nonlocal seen
            seen += 1
            prober.wire.each_throttled(None)  # the reading may be throttled, too
            if response.status == _RATE_LIMIT:
                exchange = evolve(first, response=response)
                prober.on_exchange(exchange)
                state.check([_NOTHING], known, [exchange], case=case)

        prober.wire.each_throttled(check)
        try:
            response = prober.reach(request)
        except NoResponse:
            return  # it may be stored at any later time
        finally:
            prober.wire.each_throttled(None)
        prober.ledger.count_request(response.status)
        exchange = Exchange(request, expectation, response)
        prober.on_exchange(exchange)
        prober.history.sent(exchange)
        if response.status in GATEWAY:
            return
        before = {job: state.read(job)[0]}


def _with_items(build: Bodies) -> Iterator[InvalidBody]:
    return (wrong for wrong in one_of_each(build) if as_object(wrong.body).get(ITEMS))


def _wrong_around_items(state: StateProber) -> Iterator[tuple[Request, str]]:
    prober, build = state.prober, state.build
    good = prober.request(build.batch(3, 1))
    token = prober.oracle.operation.security_headers[0]
    for value, what in ((None, "no token"), ("", "an empty token"), ("x", "an unknown token")):
        yield good.with_header(token, value), what
    for value in (None, "text/plain", "application/json; charset=utf-16"):
        yield good.with_header("Content-Type", value), f"the media type {value}"
    yield good.with_header("X-Language", "xx"), "an unknown language"
    yield evolve(good, path=prober.path("x" * 65), fresh=True), "a malformed project"
    yield evolve(good, path=prober.path("0" * 32), fresh=True), "an unknown project"
    for method in ("PUT", "PATCH"):
        yield evolve(good, method=method, fresh=True), f"{method} with a valid body"
    raw_body = good.body or b""
    for change, what in (
        (raw_body[:-1], "the last byte missing"),
        (raw_body + b"x", "a letter behind the body"),
    ):
        yield evolve(good, body=change), what


def _no_i_json(state: StateProber) -> Iterator[tuple[Request, str]]:
    prober, build = state.prober, state.build
    ids = state.tenant.job_ids
    policy = ijson.dumps(build.policy(1))[1:-1] + b", "
    for raw, what in raw_bodies(ids[0], build):
        if raw.startswith(b'{"jobs": [{"job_id"'):
            yield (
                prober.request(raw.replace(b'{"jobs": [{', b'{"jobs": [{' + policy, 1)),
                f"no I-JSON: {what}",
            )


@with_state
def _tenants(state: StateProber) -> None:
    """Nothing that one tenant sends changes what is stored for another."""
    prober, build = state.prober, state.build
    other = prober.target.other
    if other is None:
        return
    theirs = StateProber(prober, tenant=other)
    before = {job: theirs.settle(job, n) for n, job in enumerate(other.job_ids[:3])}
    for request, what in foreign_requests(prober, build):
        exchange = prober.send(request, case=what)
        before = theirs.check(["tenants-are-isolated"], before, [exchange], case=what)
    for job in state.tenant.job_ids[:3]:
        now = {job: state.settle(job, 1)}
        case = "the other tenant sets a job that it does not own"
        exchange = theirs.set([build.full(job, 9)], case=case)
        state.check(["tenants-are-isolated"], now, [exchange], case=case)


def foreign_requests(prober: Prober, build: Bodies) -> Iterator[tuple[Request, str]]:
    """What the tenant may try on jobs of the other one."""
    own, other = prober.target.tenant, prober.target.other
    if other is None:
        return
    foreign = [build.full(job, 8) for job in other.job_ids[:3]]
    mine = build.full(own.job_ids[0], 8)
    yield prober.request(build.body(foreign)), "a batch of foreign jobs"
    yield prober.request(build.body([mine, *foreign])), "foreign jobs after an own one"
    yield prober.request(build.body([*foreign, mine])), "foreign jobs before an own one"
    yield (
        prober.request(build.body(foreign), project_id=other.project_id),
        "the other tenant's project",
    )
    yield (
        prober.request(build.body(foreign), tenant=other, project_id=own.project_id),
        "the other's token",
    )
    for name in ("project_id", "tenant_id", "X-Project-Id", "token", "owner"):
        value = other.project_id if name != "token" else "x"
        body = {**build.body([{**item, name: value} for item in foreign]), name: value}
        yield prober.request(body), f"foreign jobs with `{name}` of the other tenant"
    for name in ("X-Project-Id", "X-Tenant-Id", "X-Forwarded-Project", "X-Domain-Id"):
        yield (
            prober.request(build.body(foreign)).with_header(name, other.project_id),
            f"foreign jobs with the header {name} of the other tenant",
        )
    query = prober.request(build.body(foreign))
    yield (
        evolve(query, path=f"{query.path}?project_id={other.project_id}"),
        "the other's project in the query",
    )


SCENARIOS: Final = (
    Scenario("partial application", _partly, needs=("readback",), required=True),
    Scenario("two tenants", _tenants, needs=("other_tenant", "readback"), required=True),
    Scenario(
        "valid items rejected", _not_for_its_items, needs=("readback",), required=True, late=1
    ),
    Scenario("rejected requests", _rejected, needs=("readback",), late=1),
    Scenario("throttled requests", _throttled, needs=("readback",)),
)
