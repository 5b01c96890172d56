"""Requests at the same time: whatever order they took, one after the other would leave the same."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Final

from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.readback import Policy
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state
from drs_sync_policy_contract import RuleId

_RULE: Final[RuleId] = "concurrent-calls-take-turns"
_ROUNDS: Final = 15
_TOGETHER_ONLY: Final = "one after the other they prove nothing"
_THREADS: Final = 8

Act = Callable[[int], Exchange]


def rounds(
    prober: Prober,
    acts: Sequence[Act],
    *,
    number: int,
    before: Callable[[int], None] = lambda turn: None,
    after: Callable[[int, list[Exchange]], None] = lambda turn, seen: None,
) -> None:
    """Do all `acts` at the same time, so many times.

    Each act has a thread, and with it a connection, of its own for the whole time: so the requests
    set off together.
    """
    barrier = threading.Barrier(len(acts))
    seen: list[Exchange | None] = [None] * len(acts)

    def work(place: int) -> None:
        try:
            for turn in range(number):
                if place == 0:
                    before(turn)
                barrier.wait()
                seen[place] = acts[place](turn)
                barrier.wait()
                if place == 0:
                    after(turn, [entry for entry in seen if entry is not None])
        except threading.BrokenBarrierError:
            return
        except BaseException:
            barrier.abort()
            raise

    prober.together([functools.partial(work, place) for place in range(len(acts))])


@with_state
def _fields(state: StateProber) -> None:
    """Each request sets another field of the same job: in the end all are set."""
    job, build = state.tenant.job_ids[0], state.build
    known: dict[str, Policy] = {}

    def before(turn: int) -> None:
        known[job] = state.settle(job, turn)

    def act(name: str) -> Act:
        def send(turn: int) -> Exchange:
            item = build.item(job, **{name: build.policy(turn + 1)[name]})
            return state.set([item], case=f"only `{name}`, with other requests at the same time")

        return send

    def after(_: int, seen: list[Exchange]) -> None:
        case = f"{len(seen)} requests at once, each for another field ({_TOGETHER_ONLY})"
        state.check([_RULE], known, seen, case=case)

    acts = [act(name) for name in build.fields]
    rounds(state.prober, acts, number=_ROUNDS, before=before, after=after)


@with_state
def _batches(state: StateProber) -> None:
    """Each request sets all fields of two jobs: in the end both have the policy of one request."""
    jobs = (state.tenant.job_ids[0], state.tenant.job_ids[-1])
    build = state.build

    def act(place: int) -> Act:
        order = jobs if place % 2 else tuple(reversed(jobs))

        def send(turn: int) -> Exchange:
            policy = build.policy(place)
            if build.marker:
                policy[build.marker] = f"turn {turn}, request {place}"
            items = [build.item(job, **policy) for job in order]
            return state.set(items, case="every field of two jobs, with others at the same time")

        return send

    def after(_: int, seen: list[Exchange]) -> None:
        case = f"{len(seen)} requests at once, each for all fields of two jobs ({_TOGETHER_ONLY})"
        state.check([_RULE], {job: {} for job in jobs}, seen, case=case)

    rounds(state.prober, [act(n) for n in range(_THREADS)], number=_ROUNDS, after=after)


@with_state
def _jobs(state: StateProber) -> None:
    """Each request sets another job, some are invalid: exactly the valid ones are stored."""
    build = state.build
    jobs = state.tenant.job_ids[:_THREADS]

    def act(job: str) -> Act:
        def send(turn: int) -> Exchange:
            return state.set(
                [build.full(job, turn), build.item(state.prober.unknown_job())],
                case="a job that no other request at the same time is for",
            )

        return send

    def spoil(turn: int) -> Exchange:
        items = [build.full(job, turn + 1) for job in jobs]
        request = state.prober.request(build.body([*items, {}]))
        return state.prober.send(request, case="an invalid batch, with valid ones at the same time")

    def after(_: int, seen: list[Exchange]) -> None:
        case = f"{len(seen)} requests at once, each for another job ({_TOGETHER_ONLY})"
        state.check([_RULE], {job: {} for job in jobs}, seen, case=case)

    acts = [*(act(job) for job in jobs), spoil]
    rounds(state.prober, acts, number=_ROUNDS, after=after)


def _responses(prober: Prober) -> None:
    """Each response is that of its own request: its ids, its language, its tenant."""
    build = prober.bodies
    target = prober.target

    def act(place: int) -> Act:
        tenant = target.other if target.other and place % 2 else target.tenant
        language = (None, "en-us", "zh-cn")[place % 3]

        def send(turn: int) -> Exchange:
            items = [build.item(prober.unknown_job()) for _ in range(1 + (place + turn) % 4)]
            items.insert(turn % len(items), build.item(tenant.job_ids[turn % len(tenant.job_ids)]))
            request = prober.request(build.body(items), tenant=tenant, language=language)
            case = f"one of {_THREADS} different requests at the same time"
            if place == 5 and turn % 2:
                request = request.with_header(prober.oracle.operation.security_headers[0], None)
                case += ", this one without a token"
            return prober.send(request, case=case)

        return send

    rounds(prober, [act(place) for place in range(_THREADS)], number=_ROUNDS)


SCENARIOS: Final = (
    Scenario("responses at once", _responses, late=2),
    Scenario("fields at once", _fields, needs=("readback",), required=True),
    Scenario("batches at once", _batches, needs=("readback",), required=True),
    Scenario("jobs at once", _jobs, needs=("readback",), late=2),
)
