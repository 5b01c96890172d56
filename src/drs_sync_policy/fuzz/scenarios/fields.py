"""What is stored of each field, each combination and each text: what was said, and no less."""

from __future__ import annotations

import itertools
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.cases.texts import texts
from drs_sync_policy.fuzz.rules.words import short
from drs_sync_policy.fuzz.scenarios.ground import (
    KEEPS,
    LATER_REQUESTS,
    STORED,
    Ground,
    accepted,
    reading,
)
from drs_sync_policy.fuzz.scenarios.scenario import Scenario


@reading((STORED, KEEPS, LATER_REQUESTS))
def _basics(ground: Ground) -> None:
    """Each field alone, changed and changed back, and left out."""
    job = ground.tenant.job_ids[0]
    for number, other in enumerate(ground.tenant.job_ids):
        item = ground.build.full(other, number)
        exchange = ground.set([item], case="every field")
        if accepted(exchange):
            wanted = {k: v for k, v in item.items() if k != JOB}
            ground.expect(STORED, other, wanted, case="every field", after=[exchange])
    before = ground.settle(job, 1)
    for name, schema in ground.build.fields.items():
        for value in [*schema.right(), *schema.right()[:1]]:
            exchange = ground.set([ground.build.item(job, **{name: value})], case=f"`{name}` alone")
            if not accepted(exchange):
                continue
            case = f"`{name}`: {short(value)} after {short(before.get(name))}"
            kept = ground.expect(STORED, job, {name: value}, case=case, after=[exchange])
            # Of an odd text that is not kept nobody knows whether it ever would be.
            known = kept or not schema.is_free_text
            if known and not ijson.same(before.get(name), value):
                ground.expect(LATER_REQUESTS, job, {name: value}, case=case, after=[exchange])
            rest = {k: v for k, v in before.items() if k != name}
            ground.expect(KEEPS, job, rest, case=f"nothing but `{name}`", after=[exchange])
            before = {**before, **ground.read(job)[0]}
    for variant in (1, 2, 3):
        before = ground.settle(job, variant)
        exchange = ground.set([ground.build.item(job)], case="no field at all")
        ground.expect(KEEPS, job, before, case="no field at all", after=[exchange])
        for name in ground.build.fields:
            item = {name: before[name]} if name in before else {}
            exchange = ground.set([ground.build.item(job, **item)], case=f"`{name}` as it is")
            case = f"`{name}` as it is"
            if not ground.expect(KEEPS, job, before, case=case, after=[exchange]):
                before = ground.settle(job, variant)


@reading((STORED, KEEPS))
def _combinations(ground: Ground) -> None:
    """Every combination of fields, one after the other: what is named is stored, the rest stays."""
    combinations = ground.build.combinations()
    ground.prober.random("combinations").shuffle(combinations)
    jobs = ground.tenant.job_ids[: ground.prober.workers]
    shares = [(job, combinations[n :: len(jobs)]) for n, job in enumerate(jobs)]

    def work(share: tuple[str, list[dict[str, Any]]]) -> None:
        job, policies = share
        model = dict(ground.settle(job))
        for policy in policies:
            case = "a request with " + (
                ", ".join(f"{k}: {short(v)}" for k, v in policy.items()) or "no field"
            )
            exchange = ground.set([ground.build.item(job, **policy)], case=case)
            if not accepted(exchange):
                model = dict(ground.read(job)[0])
                continue
            rest = {name: value for name, value in model.items() if name not in policy}
            kept = ground.expect(STORED, job, policy, case=case, after=[exchange])
            kept = ground.expect(KEEPS, job, rest, case=case, after=[exchange]) and kept
            model = {**model, **policy} if kept else dict(ground.read(job)[0])

    ground.prober.each(work, shares)


@reading((STORED,))
def _texts(ground: Ground) -> None:
    """Any text is stored as it was sent."""
    free = [name for name, schema in ground.build.fields.items() if schema.is_free_text]
    everything = [*texts(), ("", "empty"), *((c * n, f"{n} times {short(c)}") for c, n in _LONG)]
    jobs = ground.tenant.job_ids[: ground.prober.workers]
    shares = [(job, everything[n :: len(jobs)]) for n, job in enumerate(jobs)]

    def work(share: tuple[str, list[tuple[str, str]]]) -> None:
        job, some = share
        for (text, what), name in itertools.product(some, free):
            exchange = ground.set(
                [ground.build.item(job, **{name: text})], case=f"`{name}` is {what}"
            )
            if accepted(exchange):
                case = f"`{name}` is {what}"
                ground.expect(STORED, job, {name: text}, case=case, after=[exchange])

    ground.prober.each(work, shares)


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
