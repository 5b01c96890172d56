"""Fields that the contract does not know: they are ignored, and nothing of them is stored."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Final

from drs_sync_policy.fuzz.cases.bodies import ITEMS, Bodies
from drs_sync_policy.fuzz.cases.misplaced import misplaced
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.readback import PROBE
from drs_sync_policy.fuzz.rules.words import as_json
from drs_sync_policy.fuzz.scenarios.requests.valid_bodies import UNKNOWN, unknown_names
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state

_FEW: Final = 8
"""So many unknown names are sent together, besides all of them."""


@with_state
def _out_of_place(state: StateProber) -> None:
    """A policy changes nothing that is stored where the contract has no policy."""
    _check_each(state, _smuggled(state.build, state.tenant.job_ids[0]))


@with_state
def _unknown_fields(state: StateProber) -> None:
    """Unknown fields change nothing that is stored, whatever they are called."""
    _check_each(state, _all_names(state, state.tenant.job_ids[0]))


def _check_each(state: StateProber, bodies: Iterable[tuple[dict[str, Any], str]]) -> None:
    job = state.tenant.job_ids[0]
    before = {job: state.settle(job)}
    for body, what in bodies:
        case = f"unknown fields: {what}"
        exchange = state.prober.send(state.prober.request(body), case=case)
        before = state.check(["unknown-fields-are-ignored"], before, [exchange], case=case)


def _all_names(state: StateProber, job: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Many unknown names at once, then a few at a time: a report names those that are stored."""
    build = state.build
    names = [
        name
        for name in unknown_names(state.prober.oracle.contract.document, build)
        if name not in build.item_schema.properties and name not in build.root.properties
    ]
    variants = itertools.count(1)  # no request sets what is stored already: that is another rule
    for value in (True, "x", None, 1, False):
        for some in (names, *(names[n : n + _FEW] for n in range(0, len(names), _FEW))):
            extra = dict.fromkeys(some, value)
            what = f"{len(extra)} names, each {as_json(value)}"
            if len(some) <= _FEW:
                what = f"{', '.join(map(as_json, some))}: {as_json(value)}"
            item = {**build.full(job, next(variants)), **extra}
            yield build.body([item]), f"{what}, in an item"
            whole = {**build.body([build.full(job, next(variants))]), **extra}
            yield whole, f"{what}, next to `{ITEMS}`"


def _smuggled(build: Bodies, job: str) -> Iterator[tuple[dict[str, Any], str]]:
    """A policy in places where it means nothing, next to another one that counts."""
    yield build.body([{**build.full(job, 5), PROBE: "x"}]), f"`{PROBE}` in an item"
    yield {**build.body([build.full(job, 4)]), PROBE: "x"}, f"`{PROBE}` next to `{ITEMS}`"
    yield from misplaced(build, job, build.policy(5))  # not the values that are stored by then


def _invalid_out_of_place(prober: Prober) -> None:
    """Nobody checks what is ignored: a server that reads the fields rejects their values.

    The response shows it, whatever becomes of what is stored.
    """
    build, job = prober.bodies, prober.target.tenant.job_ids[0]
    wrong = {name: v.value for name, schema in build.fields.items() for v in schema.invalid()[:1]}
    prober.send_all(
        Case(prober.request(body), f"unknown fields: {what}, each value invalid", UNKNOWN)
        for body, what in misplaced(build, job, wrong)
    )


SCENARIOS: Final = (
    Scenario("invalid policies out of place", _invalid_out_of_place, required=True),
    Scenario("policies out of place", _out_of_place, needs=("readback",), required=True),
    Scenario("unknown fields and state", _unknown_fields, needs=("readback",), late=1),
)
