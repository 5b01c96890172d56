"""Plain requests: an own job, nothing unusual, each field and each value that is not any text.

They come first: if a plain request shows a violation, it is the example that a reader needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import JOB, Bodies
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.readback import Unreadable, differences
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state_prober import KEEPS, REPEAT, STORED, StateProber, accepted

_VALUES: Final = 8
"""So many values of a field are tried, of longer enums the first."""
_JOBS: Final = 8
_VARIANTS: Final = 3
"""Every field has two values or more, and of an enum the third may be the one that is kept."""


def _plain(prober: Prober) -> None:
    try:
        state = StateProber(prober)
        if state.build.fields:
            _stores(state)
            _keeps(state)
            _repeats(state)
    except Unreadable as error:
        for rule in (STORED, KEEPS, REPEAT):
            prober.ledger.not_checked(rule, f"what is stored cannot be read: {error}")


def _stores(state: StateProber) -> None:
    """What a plain request sets is stored."""
    for item in _items(state):
        # What is stored already is no matter of this request, or one of repeating-is-harmless.
        before = state.read(item[JOB], may_lack=True)[0]
        exchange = state.set([item], case=_described(item))
        if accepted(exchange):
            fields = {name: value for name, value in item.items() if name != JOB}
            wanted = {name: fields[name] for name in differences(fields, before)}
            state.expect(STORED, item[JOB], wanted, case=_described(item), after=[exchange])


def _keeps(state: StateProber) -> None:
    """What a plain request leaves out stays."""
    job, build = state.tenant.job_ids[0], state.build
    for variant in range(_VARIANTS):
        for named in ((), *((name,) for name in build.fields if variant == 0)):
            before = state.settle(job, variant)
            item = {name: before[name] for name in named if name in before}
            case = f"a plain request with {f'`{named[0]}` alone' if named else 'no field at all'}"
            exchange = state.set([build.item(job, **item)], case=case)
            if accepted(exchange):
                rest = {name: value for name, value in before.items() if name not in named}
                state.expect(KEEPS, job, rest, case=case, after=[exchange])


def _repeats(state: StateProber) -> None:
    """What a plain request sets to the value that it has stays."""
    job, build = state.tenant.job_ids[0], state.build
    case = "a plain request with every field, a second time"
    for variant in range(_VARIANTS):
        before = state.settle(job, variant)
        exchange = state.set([build.full(job, variant)], case=case)
        if accepted(exchange):
            same = {k: v for k, v in build.policy(variant).items() if k in before}
            steady = {k: v for k, v in same.items() if ijson.same(v, before[k])}
            state.expect(REPEAT, job, steady, case=case, after=[exchange])


def _items(state: StateProber) -> Iterator[dict[str, Any]]:
    """Full items first, each for a job of its own: nothing was set for it before."""
    build, jobs = state.build, state.tenant.job_ids[:_JOBS]
    for number in range(max(len(jobs), *(len(_values(build, name)) for name in build.fields))):
        yield build.full(jobs[number % len(jobs)], number)
    for name in build.fields:
        for number, value in enumerate(_values(build, name)):
            yield build.item(jobs[number % len(jobs)], **{name: value})


def _values(build: Bodies, name: str) -> list[Any]:
    """Values of a field, all equally plain."""
    if build.fields[name].is_free_text:
        return [build.policy(variant)[name] for variant in (0, 1)]
    return build.fields[name].valid()[:_VALUES]


def _described(item: dict[str, Any]) -> str:
    names = [f"`{name}`" for name in item if name != JOB]
    return (
        "a plain request with every field" if len(names) > 1 else f"a plain request with {names[0]}"
    )


SCENARIOS: Final = (
    Scenario("plain requests", _plain, (STORED,), needs=("readback",), required=True),
)
