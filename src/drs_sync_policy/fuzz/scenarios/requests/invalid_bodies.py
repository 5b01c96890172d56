"""Bodies that break the contract, systematically: one defect each, then several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drs_sync_policy.fuzz.cases.bodies import InvalidBody
from drs_sync_policy.fuzz.cases.covering import by_turns, in_turn
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.scenarios.scenario import Scenario


def _invalid_bodies(prober: Prober) -> None:
    def send(wrong: InvalidBody) -> None:
        prober.send(prober.request(wrong.body), case=wrong.what)

    build = prober.bodies
    prober.each(send, invalid_items_of_others(prober))
    prober.each(send, in_turn(build.invalid(), lambda wrong: wrong.field))


def invalid_items_of_others(prober: Prober) -> Iterator[InvalidBody]:
    """Wrong fields of jobs that fail: a server that looks the job up first may forget the rest."""
    build, unknown = prober.bodies, prober.unknown_job()
    blocked = prober.target.blocked_job_ids[:1]
    yield from by_turns(
        build.invalid_items_of(unknown, "an unknown job"),
        *(build.invalid_items_of(job, "a blocked job") for job in blocked),
    )


SCENARIOS: Final = (Scenario("invalid bodies", _invalid_bodies, late=1),)
