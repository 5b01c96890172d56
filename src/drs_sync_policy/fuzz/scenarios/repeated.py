"""What is stored after the same again, after other requests, in other languages."""

from __future__ import annotations

from typing import Final

from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.scenarios.first import languages
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state_prober import (
    KEEPS,
    LANGUAGE,
    LATER_REQUESTS,
    REPEAT,
    StateProber,
    accepted,
    reading,
)


@reading((REPEAT, LATER_REQUESTS, LANGUAGE))
def _again(state: StateProber) -> None:
    job = state.tenant.job_ids[0]
    a, b = state.build.full(job, 1), state.build.full(job, 2)
    for first, then in ((a, b), (b, a)):
        requests = [state.set([item], case="a request") for item in (first, then, first)]
        if not all(map(accepted, requests)):
            continue
        wanted = {k: v for k, v in first.items() if k != JOB}
        state.expect(
            LATER_REQUESTS, job, wanted, case="a request, another, the first again", after=requests
        )
        again = [state.set([first], case="the same request again") for _ in range(3)]
        state.expect(REPEAT, job, wanted, case="the same request again and again", after=again)
    for language in (*languages(state.prober), None):
        for variant in (1, 2):
            item = state.build.full(job, variant)
            exchange = state.set([item], case=f"every field, {language}", language=language)
            wanted = {k: v for k, v in item.items() if k != JOB}
            if accepted(exchange):
                case = f"every field, {language}"
                state.expect(LANGUAGE, job, wanted, case=case, after=[exchange])
    if len(state.tenant.job_ids) > 1:
        _others_stay(state)


def _others_stay(state: StateProber) -> None:
    """What one item or one request says counts for its own job alone."""
    first, second = state.tenant.job_ids[:2]
    bare, full = state.build.item(second), state.build.full(first, 8)
    unknown = state.build.full(state.prober.unknown_job(), 8)
    for requests, case in (
        ([[full, bare]], "an item without a field, after a full one of another job"),
        ([[bare, full]], "an item without a field, before a full one of another job"),
        ([[unknown, bare]], "an item without a field, after a full one of an unknown job"),
        ([[full], [bare]], "a request without a field, after a full one for another job"),
    ):
        for variant in (1, 2):
            before = state.settle(second, variant)
            seen = [state.set(items, case=case) for items in requests]
            state.unchanged(KEEPS, second, before, case=case, after=seen)
    first, *others = state.tenant.job_ids
    before = {job: state.settle(job, n) for n, job in enumerate(others)}
    exchange = state.set([state.build.full(first, 7)], case="a request for another job")
    for job, policy in before.items():
        state.unchanged(KEEPS, job, policy, case="a request for another job", after=[exchange])


SCENARIOS: Final = (
    Scenario(
        "again", _again, (REPEAT, LATER_REQUESTS, LANGUAGE), needs=("readback",), required=True
    ),
)
