"""What is stored after the same request again, after other requests, and in other languages."""

from __future__ import annotations

from typing import Final

from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state


@with_state
def _again(state: StateProber) -> None:
    job = state.tenant.job_ids[0]
    a, b = state.build.full(job, 1), state.build.full(job, 2)
    for first, then in ((a, b), (b, a)):
        requests = [state.set([item], case="a request") for item in (first, then, first)]
        case = "a request, another, the first again"
        before = state.check(["later-calls-win"], {job: {}}, requests, case=case)
        again = [state.set([first], case="the same request again") for _ in range(3)]
        case = "the same request again and again"
        state.check(["repeating-is-harmless"], before, again, case=case)
    for language in (*state.prober.oracle.languages, None):
        for variant in (1, 2):
            item = state.build.full(job, variant)
            state.set_and_check(
                ["language-changes-only-messages"],
                {job: {}},
                [item],
                case=f"every field, {language}",
                language=language,
            )


@with_state
def _others_stay(state: StateProber) -> None:
    """What one item or one request says counts for its own job alone."""
    if len(state.tenant.job_ids) < 2:
        return
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
            before = {second: state.settle(second, variant)}
            sent = [state.set(items, case=case) for items in requests]
            state.check(["omitted-field-keeps-its-value"], before, sent, case=case)
    first, *others = state.tenant.job_ids
    before = {job: state.settle(job, n) for n, job in enumerate(others)}
    state.set_and_check(
        ["omitted-field-keeps-its-value"],
        before,
        [state.build.full(first, 7)],
        case="a request for another job",
    )


SCENARIOS: Final = (
    Scenario("again", _again, needs=("readback",), required=True),
    Scenario("other jobs stay", _others_stay, needs=("readback",), required=True),
)
