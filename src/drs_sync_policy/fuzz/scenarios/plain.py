"""Plain calls: an own job, nothing odd about it, each field and each value that is not any text.

They come before all else and settle who is to blame: a field that a plain call does not get stored
breaks accepted-policy-is-stored, and would break every other rule about what is stored with it. So
the other rules are judged by the fields that plain calls do get stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.bodies import JOB, Bodies
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.scenarios.ground import STORED, Ground, accepted
from drs_sync_policy.fuzz.scenarios.plan import Scenario
from drs_sync_policy.fuzz.stored import Unreadable

_VALUES: Final = 8
"""So many values of a field are tried, of longer enums the first."""
_JOBS: Final = 8


def _plain(prober: Prober) -> None:
    try:
        ground = Ground(prober)
        missing = _missing(ground) if ground.build.fields else ()
    except Unreadable as error:
        prober.ledger.not_judged(STORED, f"what is stored cannot be read: {error}")
        return
    prober.astray = frozenset(missing)


def _missing(ground: Ground) -> dict[str, list[Any]]:
    """The values, by their fields, that no plain call was seen to store."""
    missing = {name: _values(ground.build, name) for name in ground.build.fields}
    for item in _items(ground):
        exchange = ground.set([item], case=_told(item))
        if not accepted(exchange):
            continue
        wanted = {name: value for name, value in item.items() if name != JOB}
        ground.expect(STORED, item[JOB], wanted, case=_told(item), after=[exchange])
        found = ground.read(item[JOB])[0]
        for name, value in wanted.items():
            if name in found and ijson.same(found[name], value):
                missing[name] = [other for other in missing[name] if not ijson.same(other, value)]
    return {name: values for name, values in missing.items() if values}


def _items(ground: Ground) -> Iterator[dict[str, Any]]:
    """Full items first, each for a job of its own: nobody has told it anything before."""
    build, jobs = ground.build, ground.tenant.job_ids[:_JOBS]
    for number in range(max(len(jobs), *(len(_values(build, name)) for name in build.fields))):
        yield build.full(jobs[number % len(jobs)], number)
    for name in build.fields:
        for number, value in enumerate(_values(build, name)):
            yield build.item(jobs[number % len(jobs)], **{name: value})


def _values(build: Bodies, name: str) -> list[Any]:
    """Values of a field of which one is as plain as the other."""
    if build.fields[name].is_free_text:
        return [build.policy(variant)[name] for variant in (0, 1)]
    return build.fields[name].right()[:_VALUES]


def _told(item: dict[str, Any]) -> str:
    names = [f"`{name}`" for name in item if name != JOB]
    return "a plain call with every field" if len(names) > 1 else f"a plain call with {names[0]}"


SCENARIOS: Final = (Scenario("plain calls", _plain, (STORED,), needs=("readback",), required=True),)
