"""The required scenarios: without them a run says nothing."""

from __future__ import annotations

from typing import Any, Final

from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy_contract import RuleId

_ALONE: Final[RuleId] = "unknown-job-fails-alone"


def _accepted(prober: Prober) -> None:
    build = prober.bodies
    own, unknown = prober.target.tenant.job_ids, prober.unknown_job()
    cases: tuple[tuple[list[dict[str, Any]], str, RuleId | None], ...] = (
        ([build.item(own[0])], "one job and nothing else", None),
        ([build.full(own[0])], "one job and every field", None),
        ([build.full(own[0]), build.item(unknown)], "an own job and an unknown one", _ALONE),
        ([build.item(unknown), build.full(own[-1], 1)], "an unknown job and an own one", _ALONE),
        ([build.item(unknown)], "an unknown job alone", _ALONE),
    )
    for language in (None, *prober.oracle.languages):
        for items, what, rule in cases:
            request = prober.request(build.body(items), language=language)
            prober.send(request, case=what, rule=rule)


def _refused(prober: Prober) -> None:
    build = prober.bodies
    good = prober.request(build.batch(1))
    prober.send(prober.request({}), case="a body without items")
    prober.send(prober.request(b"{"), case="a body that breaks off")
    prober.send(good.with_header("X-Auth-Token", None), case="no token")
    prober.send(good.with_header("Content-Type", "text/plain"), case="another media type")


SCENARIOS: Final = (
    Scenario("what is accepted", _accepted, required=True),
    Scenario("what is rejected", _refused, required=True),
)
