"""Bodies that break the contract, one defect each, systematically."""

from __future__ import annotations

from typing import Final

from drs_sync_policy.fuzz.cases.bodies import InvalidBody
from drs_sync_policy.fuzz.cases.covering import in_turn
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.scenarios.scenario import Scenario


def _invalid_bodies(prober: Prober) -> None:
    def send(wrong: InvalidBody) -> None:
        prober.send(prober.request(wrong.body), case=wrong.what)

    build = prober.bodies
    prober.each(send, in_turn(build.invalid(), lambda wrong: wrong.field))
    # A server that looks the job up first may forget to look at the rest.
    for whose, job in (
        ("an unknown job", prober.unknown_job()),
        *(("a blocked job", job) for job in prober.target.blocked_job_ids[:1]),
    ):
        prober.each(send, build.invalid_items_of(job, whose))


SCENARIOS: Final = (Scenario("invalid bodies", _invalid_bodies, late=1),)
