"""What is stored after the same request again, after other requests, and with other headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state
from drs_sync_policy_contract import RuleId

_STORED: Final[tuple[RuleId, ...]] = (
    "accepted-policy-is-stored",
    "later-calls-win",
    "omitted-field-keeps-its-value",
)


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
def _headers(state: StateProber) -> None:
    """An optional header changes nothing of what is stored, kept and replaced."""
    job, build = state.tenant.job_ids[0], state.build
    for header, value in optional_headers(state.prober.oracle):
        before = {job: state.settle(job, 1)}
        for item, what in (
            (build.item(job), "no field at all"),
            *(
                (build.item(job, **{name: new}), f"`{name}`")
                for name, new in build.policy(2).items()
            ),
        ):
            case = f"a request with {what} and {header}: {value}"
            request = state.prober.request(build.body([item])).with_header(header, value)
            exchange = state.prober.send(request, case=case)
            before = state.check(_STORED, before, [exchange], case=case)


def optional_headers(oracle: Oracle) -> Iterator[tuple[str, str]]:
    """Each value that the contract lists for a header that a request may leave out."""
    for parameter in oracle.operation.parameters:
        if parameter.location == "header" and not parameter.required:
            listed = oracle.contract.resolve(parameter.schema).get("enum", ())
            yield from ((parameter.name, value) for value in listed if isinstance(value, str))


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
    Scenario("optional headers and state", _headers, needs=("readback",), required=True),
    Scenario("other jobs stay", _others_stay, needs=("readback",), required=True),
)
