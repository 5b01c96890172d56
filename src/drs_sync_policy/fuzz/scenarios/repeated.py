"""What is stored after the same again, after other requests, in other languages."""

from __future__ import annotations

from typing import Final

from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.scenarios.first import languages
from drs_sync_policy.fuzz.scenarios.ground import (
    KEEPS,
    LANGUAGE,
    LATER_REQUESTS,
    REPEAT,
    Ground,
    accepted,
    reading,
)
from drs_sync_policy.fuzz.scenarios.scenario import Scenario


@reading((REPEAT, LATER_REQUESTS, LANGUAGE))
def _again(ground: Ground) -> None:
    job = ground.tenant.job_ids[0]
    a, b = ground.build.full(job, 1), ground.build.full(job, 2)
    for first, then in ((a, b), (b, a)):
        requests = [ground.set([item], case="a request") for item in (first, then, first)]
        if not all(map(accepted, requests)):
            continue
        wanted = {k: v for k, v in first.items() if k != JOB}
        ground.expect(
            LATER_REQUESTS, job, wanted, case="a request, another, the first again", after=requests
        )
        again = [ground.set([first], case="the same request again") for _ in range(3)]
        ground.expect(REPEAT, job, wanted, case="the same request again and again", after=again)
    for language in (*languages(ground.prober), None):
        for variant in (1, 2):
            item = ground.build.full(job, variant)
            exchange = ground.set([item], case=f"every field, {language}", language=language)
            wanted = {k: v for k, v in item.items() if k != JOB}
            if accepted(exchange):
                case = f"every field, {language}"
                ground.expect(LANGUAGE, job, wanted, case=case, after=[exchange])
    if len(ground.tenant.job_ids) > 1:
        _others_stay(ground)


def _others_stay(ground: Ground) -> None:
    """What one item or one request says counts for its own job alone."""
    first, second = ground.tenant.job_ids[:2]
    bare, full = ground.build.item(second), ground.build.full(first, 8)
    stranger = ground.build.full(ground.prober.unknown_job(), 8)
    for requests, case in (
        ([[full, bare]], "an item without a field, after a full one of another job"),
        ([[bare, full]], "an item without a field, before a full one of another job"),
        ([[stranger, bare]], "an item without a field, after a full one of an unknown job"),
        ([[full], [bare]], "a request without a field, after a full one for another job"),
    ):
        for variant in (1, 2):
            before = ground.settle(second, variant)
            seen = [ground.set(items, case=case) for items in requests]
            ground.unchanged(KEEPS, second, before, case=case, after=seen)
    first, *others = ground.tenant.job_ids
    before = {job: ground.settle(job, n) for n, job in enumerate(others)}
    exchange = ground.set([ground.build.full(first, 7)], case="a request for another job")
    for job, policy in before.items():
        ground.unchanged(KEEPS, job, policy, case="a request for another job", after=[exchange])


SCENARIOS: Final = (
    Scenario(
        "again", _again, (REPEAT, LATER_REQUESTS, LANGUAGE), needs=("readback",), required=True
    ),
)
