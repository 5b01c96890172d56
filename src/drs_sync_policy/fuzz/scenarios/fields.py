"""What is stored of each field, each combination and each text: what was said, and no less."""

from __future__ import annotations

import itertools
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.cases.texts import texts
from drs_sync_policy.fuzz.rules.words import short
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state_prober import (
    KEEPS,
    LATER_REQUESTS,
    STORED,
    StateProber,
    accepted,
    reading,
)


@reading((STORED, KEEPS, LATER_REQUESTS))
def _basics(state: StateProber) -> None:
    """Each field alone, changed and changed back, and left out."""
    job = state.tenant.job_ids[0]
    for number, other in enumerate(state.tenant.job_ids):
        item = state.build.full(other, number)
        exchange = state.set([item], case="every field")
        if accepted(exchange):
            wanted = {k: v for k, v in item.items() if k != JOB}
            state.expect(STORED, other, wanted, case="every field", after=[exchange])
    before = state.settle(job, 1)
    for name, schema in state.build.fields.items():
        for value in [*schema.valid(), *schema.valid()[:1]]:
            exchange = state.set([state.build.item(job, **{name: value})], case=f"`{name}` alone")
            if not accepted(exchange):
                continue
            case = f"`{name}`: {short(value)} after {short(before.get(name))}"
            kept = state.expect(STORED, job, {name: value}, case=case, after=[exchange])
            # Of an odd text that is not kept nobody knows whether it ever would be.
            known = kept or not schema.is_free_text
            if known and not ijson.same(before.get(name), value):
                state.expect(LATER_REQUESTS, job, {name: value}, case=case, after=[exchange])
            rest = {k: v for k, v in before.items() if k != name}
            state.expect(KEEPS, job, rest, case=f"nothing but `{name}`", after=[exchange])
            before = {**before, **state.read(job)[0]}
    for variant in (1, 2, 3):
        before = state.settle(job, variant)
        exchange = state.set([state.build.item(job)], case="no field at all")
        state.expect(KEEPS, job, before, case="no field at all", after=[exchange])
        for name in state.build.fields:
            item = {name: before[name]} if name in before else {}
            exchange = state.set([state.build.item(job, **item)], case=f"`{name}` as it is")
            case = f"`{name}` as it is"
            if not state.expect(KEEPS, job, before, case=case, after=[exchange]):
                before = state.settle(job, variant)


@reading((STORED, KEEPS))
def _combinations(state: StateProber) -> None:
    """Every combination of fields, one after the other: what is named is stored, the rest stays."""
    combinations = state.build.combinations()
    state.prober.random("combinations").shuffle(combinations)
    jobs = state.tenant.job_ids[: state.prober.workers]
    shares = [(job, combinations[n :: len(jobs)]) for n, job in enumerate(jobs)]

    def work(share: tuple[str, list[dict[str, Any]]]) -> None:
        job, policies = share
        model = dict(state.settle(job))
        for policy in policies:
            case = "a request with " + (
                ", ".join(f"{k}: {short(v)}" for k, v in policy.items()) or "no field"
            )
            exchange = state.set([state.build.item(job, **policy)], case=case)
            if not accepted(exchange):
                model = dict(state.read(job)[0])
                continue
            rest = {name: value for name, value in model.items() if name not in policy}
            kept = state.expect(STORED, job, policy, case=case, after=[exchange])
            kept = state.expect(KEEPS, job, rest, case=case, after=[exchange]) and kept
            model = {**model, **policy} if kept else dict(state.read(job)[0])

    state.prober.each(work, shares)


@reading((STORED,))
def _texts(state: StateProber) -> None:
    """Any text is stored as it was sent."""
    free = [name for name, schema in state.build.fields.items() if schema.is_free_text]
    everything = [*texts(), ("", "empty"), *((c * n, f"{n} times {short(c)}") for c, n in _LONG)]
    jobs = state.tenant.job_ids[: state.prober.workers]
    shares = [(job, everything[n :: len(jobs)]) for n, job in enumerate(jobs)]

    def work(share: tuple[str, list[tuple[str, str]]]) -> None:
        job, some = share
        for (text, what), name in itertools.product(some, free):
            exchange = state.set(
                [state.build.item(job, **{name: text})], case=f"`{name}` is {what}"
            )
            if accepted(exchange):
                case = f"`{name}` is {what}"
                state.expect(STORED, job, {name: text}, case=case, after=[exchange])

    state.prober.each(work, shares)


_LONG: Final = tuple(
    (letter, length)
    for letter in ("x", "é", "\U0001f600")
    for length in (
        32,
        36,
        63,
        64,
        65,
        100,
        127,
        128,
        129,
        255,
        256,
        257,
        512,
        1000,
        1024,
        1025,
        4097,
        65536,
        65537,
    )
)


SCENARIOS: Final = (
    Scenario(
        "fields", _basics, (STORED, KEEPS, LATER_REQUESTS), needs=("readback",), required=True
    ),
    Scenario("combinations", _combinations, (STORED, KEEPS), needs=("readback",), late=4),
    Scenario("texts and state", _texts, (STORED,), needs=("readback",), late=5),
)
