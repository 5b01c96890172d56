"""Requests at the same time: whatever order they took, one after the other would leave the same."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.readback import Policy, differences
from drs_sync_policy.fuzz.rules.words import short
from drs_sync_policy.fuzz.scenarios.first import bodies
from drs_sync_policy.fuzz.scenarios.results import results
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state_prober import StateProber, accepted, reading
from drs_sync_policy.fuzz.verdict import Exchange, Stored, Violation

TURNS: Final = "concurrent-calls-take-turns"
_ROUNDS: Final = 15
_TOGETHER_ONLY: Final = "one after the other they prove nothing"
_THREADS: Final = 8

Act = Callable[[int], Exchange]


def rounds(
    prober: Prober,
    acts: Sequence[Act],
    *,
    number: int,
    before: Callable[[int], None],
    after: Callable[[int, list[Exchange]], bool],
) -> None:
    """Do all `acts` at the same time, so many times; stop early where `after` says False.

    Each act has a thread, and with it a connection, of its own for the whole time: so the requests
    set off together.
    """
    barrier = threading.Barrier(len(acts))
    seen: list[Exchange | None] = [None] * len(acts)
    going = True

    def worker(place: int) -> None:
        nonlocal going
        try:
            for turn in range(number):
                if place == 0:
                    before(turn)
                barrier.wait()
                if not going:
                    return
                seen[place] = acts[place](turn)
                barrier.wait()
                if place == 0:
                    going = after(turn, [entry for entry in seen if entry is not None])
        except threading.BrokenBarrierError:
            return
        except BaseException:
            barrier.abort()
            raise

    prober.together([functools.partial(worker, place) for place in range(len(acts))])


@reading((TURNS,))
def _fields(state: StateProber) -> None:
    """Each request sets another field of the same job: in the end all are set."""
    job = state.tenant.job_ids[0]
    build = state.build
    names = list(build.fields)
    wanted: dict[str, Any] = {}

    def before(turn: int) -> None:
        state.settle(job, turn)
        wanted.clear()
        wanted.update(build.policy(turn + 1))

    def act(name: str) -> Act:
        return lambda _: state.set(
            [build.item(job, **{name: wanted[name]})],
            case=f"`{name}` alone, others at the same time",
        )

    def after(_: int, seen: list[Exchange]) -> bool:
        return not all(map(accepted, seen)) or state.expect(
            TURNS,
            job,
            dict(wanted),
            case=f"{len(seen)} requests at once, each for another field ({_TOGETHER_ONLY})",
            after=seen,
        )

    rounds(state.prober, [act(name) for name in names], number=_ROUNDS, before=before, after=after)


@reading((TURNS,))
def _batches(state: StateProber) -> None:
    """Each request sets all fields of two jobs: in the end both have the policy of one request."""
    jobs = (state.tenant.job_ids[0], state.tenant.job_ids[-1])
    build = state.build

    def policy(turn: int, place: int) -> dict[str, Any]:
        chosen = build.policy(place)
        if build.marker:
            chosen[build.marker] = f"turn {turn}, request {place}"
        return chosen

    def act(place: int) -> Act:
        order = jobs if place % 2 else tuple(reversed(jobs))

        def send(turn: int) -> Exchange:
            items = [build.item(job, **policy(turn, place)) for job in order]
            return state.set(items, case="every field of two jobs, others at the same time")

        return send

    def after(turn: int, seen: list[Exchange]) -> bool:
        if not all(map(accepted, seen)):
            return True
        possible = [policy(turn, place) for place in range(_THREADS)]
        found = [state.read(job) for job in jobs]
        state.prober.ledger.checked(TURNS)
        policies = [_of(build.fields, entry[0]) for entry in found]
        if _one_of(possible, policies[0]) and ijson.same(policies[0], policies[1]):
            return True
        right, wrong = _nearest(possible, policies, build.marker)
        state.prober.note(
            Violation(
                TURNS,
                f"{len(seen)} requests at once, each for all fields of two jobs ({_TOGETHER_ONLY})",
                "both jobs with all fields of one of the requests",
                " and ".join(short(policy, 300) for policy in policies),
                (*seen, *(entry[1] for entry in found)),
                stored=Stored(jobs[0], state.tenant.project_id, right, wrong),
            )
        )
        return False

    rounds(
        state.prober,
        [act(place) for place in range(_THREADS)],
        number=_ROUNDS,
        before=lambda _: None,
        after=after,
    )


def _of(names: Collection[str], policy: Policy) -> dict[str, Any]:
    return {name: value for name, value in policy.items() if name in names}


def _nearest(
    possible: Sequence[dict[str, Any]], policies: Sequence[dict[str, Any]], marker: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ from the nearest possible policy: as it has them, and as found."""
    differing = [
        (sorted({name for found in policies for name in differences(policy, found)}), policy)
        for policy in possible
    ]
    names, nearest = min(differing, key=lambda entry: (marker in entry[0], len(entry[0])))
    return _of(names, nearest), _of(names, policies[0])


def _one_of(possible: Sequence[dict[str, Any]], found: dict[str, Any]) -> bool:
    return any(ijson.same(policy, found) for policy in possible)


@reading((TURNS,))
def _jobs(state: StateProber) -> None:
    """Each request sets another job, some are invalid: exactly the valid ones are stored."""
    build = state.build
    jobs = state.tenant.job_ids[:_THREADS]

    def act(job: str) -> Act:
        def send(turn: int) -> Exchange:
            return state.set(
                [build.full(job, turn), build.item(state.prober.unknown_job())],
                case="a job of its own, others at the same time",
            )

        return send

    def spoil(turn: int) -> Exchange:
        items = [build.full(job, turn + 1) for job in jobs]
        body = build.body([*items, {}])
        return state.prober.send(
            state.prober.request(body), case="an invalid batch, valid ones at the same time"
        )

    def after(turn: int, seen: list[Exchange]) -> bool:
        if any(results(entry) is None for entry in seen[: len(jobs)]):
            return True
        return all(
            state.expect(
                TURNS,
                job,
                build.policy(turn),
                case=f"{len(seen)} requests at once, each for another job ({_TOGETHER_ONLY})",
                after=seen,
            )
            for job in jobs
        )

    rounds(
        state.prober,
        [*(act(job) for job in jobs), spoil],
        number=_ROUNDS,
        before=lambda _: None,
        after=after,
    )


def _responses(prober: Prober) -> None:
    """Each response is that of its own request: its ids, its language, its tenant."""
    build = bodies(prober)
    target = prober.target

    def act(place: int) -> Act:
        tenant = target.other if target.other and place % 2 else target.tenant
        language = (None, "en-us", "zh-cn")[place % 3]

        def send(turn: int) -> Exchange:
            items = [build.item(prober.unknown_job()) for _ in range(1 + (place + turn) % 4)]
            items.insert(turn % len(items), build.item(tenant.job_ids[turn % len(tenant.job_ids)]))
            request = prober.request(build.body(items), tenant=tenant, language=language)
            if place == 5 and turn % 2:
                request = request.with_header(prober.oracle.operation.security_headers[0], None)
            return prober.send(request, case="a request of its own, others at the same time")

        return send

    rounds(
        prober,
        [act(place) for place in range(_THREADS)],
        number=_ROUNDS,
        before=lambda _: None,
        after=lambda _, __: True,
    )


SCENARIOS: Final = (
    Scenario("responses at once", _responses, ()),
    Scenario("fields at once", _fields, (TURNS,), needs=("readback",), required=True),
    Scenario("batches at once", _batches, (TURNS,), needs=("readback",), required=True),
    Scenario("jobs at once", _jobs, (TURNS,), needs=("readback",)),
)
