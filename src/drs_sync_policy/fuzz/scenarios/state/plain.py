"""Plain requests: an own job, nothing unusual, each field and each value that is not any text.

They come first, because they show best which rule a server violates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drs_sync_policy.fuzz.cases.bodies import JOB, Bodies
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state

_VALUES: Final = 8
"""So many values of a field are tried, of longer enums the first."""
_JOBS: Final = 8
_VARIANTS: Final = 3
"""Every field has two values or more, and of an enum the third may be the one that is kept."""


@with_state
def _plain(state: StateProber) -> None:
    for item in _items(state):
        names = [f"`{name}`" for name in item if name != JOB]
        case = f"a plain request with {'every field' if len(names) > 1 else names[0]}"
        before = state.read(item[JOB], may_lack=True)[0]
        state.set_and_check(["accepted-policy-is-stored"], {item[JOB]: before}, [item], case=case)


@with_state
def _left_out(state: StateProber) -> None:
    """Fields that a plain request leaves out keep their values."""
    job, build = state.tenant.job_ids[0], state.build
    for variant in range(_VARIANTS):
        for named in ((), *((name,) for name in build.fields if variant == 0)):
            before = state.settle(job, variant)
            item = build.item(job, **{name: before[name] for name in named if name in before})
            case = f"a plain request with {f'`{named[0]}` alone' if named else 'no field at all'}"
            state.set_and_check(["omitted-field-keeps-its-value"], {job: before}, [item], case=case)


@with_state
def _set_again(state: StateProber) -> None:
    """Fields that a plain request sets to the values that they have stay."""
    job, build = state.tenant.job_ids[0], state.build
    case = "a plain request with every field, a second time"
    for variant in range(_VARIANTS):
        before = state.settle(job, variant)
        item = build.full(job, variant)
        state.set_and_check(["repeating-is-harmless"], {job: before}, [item], case=case)


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


SCENARIOS: Final = (
    Scenario("plain requests", _plain, needs=("readback",), required=True),
    Scenario("plain requests without a field", _left_out, needs=("readback",), required=True),
    Scenario("plain requests again", _set_again, needs=("readback",), required=True),
)
