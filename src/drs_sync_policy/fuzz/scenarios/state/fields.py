"""What is stored of each field, each combination and each text: what was said, and no less."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Final

from drs_sync_policy.fuzz.cases.covering import by_turns
from drs_sync_policy.fuzz.cases.texts import aligned, texts
from drs_sync_policy.fuzz.rules.words import short
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state


@with_state
def _basics(state: StateProber) -> None:
    """Each field alone, changed and changed back, and left out."""
    build = state.build
    job = state.tenant.job_ids[0]
    for number, other in enumerate(state.tenant.job_ids):
        before = {other: state.read(other, may_lack=True)[0]}
        full = build.full(other, number)
        state.set_and_check(["accepted-policy-is-stored"], before, [full], case="every field")
    before = {job: state.settle(job, 1)}
    for name, schema in build.fields.items():
        for value in [*schema.valid(), *schema.valid()[:1]]:
            case = f"`{name}`: {short(value)} after {short(before[job].get(name))}"
            before = state.set_and_check(
                ["accepted-policy-is-stored", "later-calls-win", "omitted-field-keeps-its-value"],
                before,
                [build.item(job, **{name: value})],
                case=case,
            )
    for variant in (1, 2, 3):
        before = {job: state.settle(job, variant)}
        for name in ("", *build.fields):
            item = build.item(job, **({name: before[job][name]} if name in before[job] else {}))
            before = state.set_and_check(
                ["omitted-field-keeps-its-value"],
                before,
                [item],
                case=f"`{name}` as it is" if name else "no field at all",
            )


@with_state
def _combinations(state: StateProber) -> None:
    """Every combination of fields, one after the other: what is named is stored, the rest stays."""
    combinations = state.build.combinations()
    state.prober.random("combinations").shuffle(combinations)
    _set_each(state, combinations)


@with_state
def _pairs(state: StateProber) -> None:
    """Few requests in which the values of any two fields meet."""
    _set_each(state, state.build.combinations(2, limit=0))


def _set_each(state: StateProber, combinations: Sequence[dict[str, Any]]) -> None:
    jobs = state.tenant.job_ids[: state.prober.workers]
    shares = [(job, combinations[n :: len(jobs)]) for n, job in enumerate(jobs)]

    def work(share: tuple[str, list[dict[str, Any]]]) -> None:
        job, policies = share
        before = {job: state.settle(job)}
        for policy in policies:
            fields = ", ".join(f"{name}: {short(value)}" for name, value in policy.items())
            before = state.set_and_check(
                ["accepted-policy-is-stored", "omitted-field-keeps-its-value"],
                before,
                [state.build.item(job, **policy)],
                case=f"a request with {fields or 'no field'}",
            )

    state.prober.each(work, shares)


@with_state
def _texts(state: StateProber) -> None:
    """Any text is stored as it was sent."""
    free = [name for name in state.reader.fields if state.build.fields[name].is_free_text]
    long = [(c * n, f"{n} times {short(c)}") for c, n in _LONG]
    # A text that is cut anywhere shows it where it is long.
    everything = [("", "empty"), *by_turns(texts(), aligned(), long)]
    jobs = state.tenant.job_ids[: state.prober.workers]
    shares = [(job, everything[n :: len(jobs)]) for n, job in enumerate(jobs)]

    def work(share: tuple[str, list[tuple[str, str]]]) -> None:
        job, some = share
        for (text, what), name in itertools.product(some, free):
            item = state.build.item(job, **{name: text})
            case = f"`{name}` is {what}"
            state.set_and_check(["accepted-policy-is-stored"], {job: {}}, [item], case=case)

    state.prober.each(work, shares)


_LENGTHS: Final = (
    32, 36, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 512, 1000, 1024, 1025, 4097,
    65536, 65537,
)  # fmt: skip
_LONG: Final = tuple(itertools.product(("x", "é", "\U0001f600"), _LENGTHS))

SCENARIOS: Final = (
    Scenario("fields", _basics, needs=("readback",), required=True),
    Scenario("pairs of fields", _pairs, needs=("readback",), required=True),
    Scenario("combinations", _combinations, needs=("readback",), late=2),
    Scenario("texts and state", _texts, needs=("readback",)),
)
