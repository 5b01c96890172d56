"""Random sequences of requests; what is stored is read and checked after each of them.

The same seed makes the same sequence. A violation shows the request and the reading after it; the
history adds the earlier requests that set what was stored before.
"""

from __future__ import annotations

import random
from typing import Any, Final

from drs_sync_policy.fuzz.cases.bodies import ITEMS, Bodies
from drs_sync_policy.fuzz.cases.texts import texts
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber, with_state
from drs_sync_policy_contract import RuleId

_REQUESTS: Final = 180
_REJECTED: Final[tuple[RuleId, ...]] = ("refused-request-changes-nothing",)
_STORED: Final[tuple[RuleId, ...]] = (
    "accepted-policy-is-stored",
    "omitted-field-keeps-its-value",
    "later-items-win",
    "repeating-is-harmless",
)


@with_state
def _sequence(state: StateProber) -> None:
    build = state.build
    source = state.prober.random("sequences")
    own = state.tenant.job_ids[:3]
    jobs = (*own, *own, state.prober.unknown_job())
    invalid = [entry.body for entry in build.invalid() if _is_batch(entry.body)]
    before = {job: state.settle(job, n) for n, job in enumerate(own)}

    def step(_: int) -> None:
        nonlocal before
        body, rules = source.choice(invalid), _REJECTED
        if source.random() < 0.75:
            items = [
                build.item(source.choice(jobs), **_policy(build, source))
                for _ in range(source.randint(1, 5))
            ]
            body, rules = build.body(items), _STORED
        for _ in range(source.randint(1, 2)):  # the same again, half of the times
            case = "a request in a random sequence"
            exchange = state.prober.send(state.prober.request(body), case=case)
            before = state.check(rules, before, [exchange], case=case)

    with state.prober.random_cases():
        state.prober.in_turn(step, range(_REQUESTS))


def _policy(build: Bodies, source: random.Random) -> dict[str, Any]:
    """Any fields with any valid values."""
    return {
        name: source.choice(_TEXTS if schema.is_free_text else schema.valid())
        for name, schema in build.fields.items()
        if source.random() < 0.5
    }


_TEXTS: Final = ["", *(text for text, _ in texts())]


def _is_batch(body: Any) -> bool:
    # JSON: what the body holds is known only when it is there.
    items = body.get(ITEMS) if isinstance(body, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return isinstance(items, list) and len(items) in (1, 3)  # pyright: ignore[reportUnknownArgumentType]


SCENARIOS: Final = (Scenario("sequences", _sequence, needs=("readback",), late=7),)
