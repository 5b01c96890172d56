"""What is stored of a batch: jobs that appear twice, many items, items that fail."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

from drs_sync_policy.fuzz.cases.bodies import JOB, Bodies
from drs_sync_policy.fuzz.scenarios.requests.valid_bodies import EVERY_SIZE, SIZE
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state
from drs_sync_policy_contract import RuleId

_ROUND: Final = (
    10, 11, 16, 17, 20, 21, 25, 32, 33, 50, 51, 64, 65, 100, 101, 128, 129, 200, 201, 250, 256, 257,
    500, 501, 512, 1000, 1001, 1024, 1025, 2000, 2049, 5000, 5001, 10001,
)  # fmt: skip
"""Sizes at which servers cut a batch into parts, each with what is behind it."""


def duplicate_batches(
    build: Bodies, jobs: Sequence[str]
) -> Iterator[tuple[list[dict[str, Any]], str]]:
    """Batches in which a job appears more than once."""
    one, two = jobs[0], jobs[-1]
    a, b = build.policy(1), build.policy(2)
    yield [build.item(one, **a), build.item(one, **b)], "a job twice, with every field"
    yield [build.item(one, **b), build.item(one, **a)], "a job twice, the other way round"
    yield [build.item(one, **a), build.item(one)], "a job twice, the second time without a field"
    yield [build.item(one), build.item(one, **a)], "a job twice, the first time without a field"
    yield (
        [build.item(one, **a), build.item(two, **b), build.item(one, **b)],
        "a job twice, another between",
    )
    for times in (5, 17, 40, 101, 300):
        last = build.item(one, **build.policy(times))
        yield (
            [*(build.item(one, **(a, b)[n % 2]) for n in range(times - 1)), last],
            f"a job {times} times",
        )
    for name in build.fields:
        yield (
            [build.item(one, **a), build.item(one, **{name: b[name]})],
            f"a job twice, then only `{name}`",
        )
        yield (
            [build.item(one, **{name: a[name]}), build.item(one, **{name: b[name]})],
            f"`{name}` twice",
        )
    yield (
        [build.item(one, **{name: b[name]}) for name in build.fields],
        "each field in an item of its own",
    )
    yield (
        [build.item(one, **{name: a[name]}) for name in reversed(build.fields)],
        "the same, reversed",
    )


@with_state
def _duplicates(state: StateProber) -> None:
    for items, what in duplicate_batches(state.build, state.tenant.job_ids):
        before = {job: state.settle(job) for job in {item[JOB] for item in items}}
        state.set_and_check(["later-items-win"], before, items, case=what)


@with_state
def _large_batches(state: StateProber) -> None:
    """Every item of a large batch is stored, whichever place it is in."""
    jobs = state.tenant.job_ids
    for size in _ROUND:
        for place in ("behind", "in front"):
            own = [state.build.full(job, size + n) for n, job in enumerate(jobs[: size - 1])]
            unknown = [state.build.item(f"nobody-{n}") for n in range(size - len(own))]
            items = [*unknown, *own] if place == "behind" else [*own, *unknown]
            rule: RuleId = "accepted-policy-is-stored"
            if size == _ROUND[0]:
                rule = "unknown-job-fails-alone"
            case = f"{size} items, own jobs {place} of unknown ones"
            state.set_and_check([rule], {item[JOB]: {} for item in own}, items, case=case)


@with_state
def _every_size(state: StateProber) -> None:
    """The last item of a batch is stored, whichever size the batch has."""
    own = state.tenant.job_ids

    def work(share: tuple[str, Sequence[int]]) -> None:
        job, sizes = share
        others = [other for other in own if other != job] or [state.prober.unknown_job()]
        before = {job: state.settle(job)}

        def step(numbered: tuple[int, int]) -> None:
            nonlocal before
            variant, size = numbered  # one variant differs from the next in every field
            items = [state.build.item(others[n % len(others)]) for n in range(size - 1)]
            body = state.build.body([*items, state.build.full(job, variant)])
            case = f"{size} items, the last one with other values than before"
            exchange = state.prober.send(state.prober.request(body), case=case, rule=SIZE)
            before = state.check(["accepted-policy-is-stored"], before, [exchange], case=case)

        state.prober.in_turn(step, enumerate(sizes, 1))

    jobs = own[: state.prober.workers]
    sizes = range(1, EVERY_SIZE)
    state.prober.each(work, [(job, sizes[n :: len(jobs)]) for n, job in enumerate(jobs)])


@with_state
def _failing_items(state: StateProber) -> None:
    """A job that fails stores nothing and leaves the others alone."""
    own, last = state.tenant.job_ids[0], state.tenant.job_ids[-1]
    failing: list[tuple[RuleId, str, str]] = [
        ("unknown-job-fails-alone", state.prober.unknown_job(), "an unknown job"),
        *(
            ("blocked-job-fails-alone", job, "a blocked job")
            for job in state.prober.target.blocked_job_ids[:2]
        ),
    ]
    for variant, (rule, job, what) in enumerate(failing * 2, 1):
        for order in itertools.permutations((own, job, last) if own != last else (own, job)):
            before = {mine: state.settle(mine) for mine in dict.fromkeys((own, last))}
            if rule == "blocked-job-fails-alone":
                before[job] = state.read(job, may_lack=True)[0]
            items = [state.build.full(entry, variant) for entry in order]
            case = f"{what} at place {order.index(job) + 1} of {len(order)}"
            state.set_and_check([rule], before, items, case=case)


SCENARIOS: Final = (
    Scenario("jobs more than once", _duplicates, needs=("readback",), required=True),
    Scenario("failing items", _failing_items, needs=("readback",)),
    Scenario("large batches and state", _large_batches, needs=("readback",), late=4),
    Scenario("every size and state", _every_size, needs=("readback",), deep=True),
)
