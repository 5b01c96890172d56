"""Sequences of requests against a model of what is stored, shrunk to the shortest that fails.

The same seed makes the same sequences. A sequence that fails ends with the policy that the model
and the target disagree on; the report shows every request of it.
"""

# Hypothesis's stateful classes are typed for tests that live in a module.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.reporting import with_reporter
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from drs_sync_policy.fuzz.cases.bodies import JOB, Bodies
from drs_sync_policy.fuzz.prober import TargetDown
from drs_sync_policy.fuzz.readback import Unreadable, differences
from drs_sync_policy.fuzz.scenarios.results import results
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state_prober import (
    KEEPS,
    LATER_REQUESTS,
    REFUSED,
    STORED,
    StateProber,
    reading,
)
from drs_sync_policy.fuzz.target.http import NoResponse, Stopped, Throttled
from drs_sync_policy.fuzz.verdict import Exchange, Violation

_EXAMPLES: Final = 15
_STEPS: Final = 12
_INTERRUPTIONS: Final = (TargetDown, NoResponse, Throttled, Stopped, Unreadable)


class Disagreement(AssertionError):  # noqa: N818
    """The model and the target disagree; `violation` says on what."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.received)
        self.violation = violation


@reading((STORED, KEEPS, LATER_REQUESTS))
def _sequences(state: StateProber) -> None:
    interruption: list[Exception] = []
    last: list[Violation] = []
    machine = _machine(state, interruption, last)
    settings = hypothesis.settings(
        max_examples=_EXAMPLES,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=[*hypothesis.HealthCheck],  # pyright: ignore[reportArgumentType]
    )
    try:
        with with_reporter(lambda _: None):
            run_state_machine_as_test(
                hypothesis.seed(state.prober.seed)(machine), settings=settings
            )
    except Disagreement as found:
        state.prober.note(found.violation)
    except (Flaky, ExceptionGroup):
        # It failed once and not again: what was seen was seen.
        for violation in last[:1]:
            state.prober.note(violation)
    if interruption:
        raise interruption[0]


def _machine(
    state: StateProber, interruption: list[Exception], last: list[Violation]
) -> type[RuleBasedStateMachine]:
    build = state.build
    own = state.tenant.job_ids[:3]
    job_ids = st.sampled_from((*own, *own, state.prober.unknown_job()))
    items = st.builds(_item, job_ids, _policies(build))
    wrong = st.sampled_from([entry.body for entry in build.invalid() if _is_batch(entry.body)][::7])

    class Machine(RuleBasedStateMachine):
        """Jobs, what is stored for each, and every way to change it."""

        def __init__(self) -> None:
            super().__init__()
            self.model: dict[str, dict[str, Any]] = {}
            self.requests: list[Exchange] = []

        def done(self) -> bool:
            return bool(interruption) or time.monotonic() > state.prober.deadline

        @initialize()
        def settle(self) -> None:
            self._step(lambda: self._set([build.full(job, n) for n, job in enumerate(own)]))

        @rule(batch=st.lists(items, min_size=1, max_size=5))
        def set(self, batch: list[dict[str, Any]]) -> None:
            self._step(lambda: self._set(batch))

        @rule(batch=st.lists(items, min_size=1, max_size=3))
        def set_again(self, batch: list[dict[str, Any]]) -> None:
            self._step(lambda: self._set(batch))
            self._step(lambda: self._set(batch))

        @rule(body=wrong)
        def refuse(self, body: Any) -> None:
            self._step(lambda: self._refuse(body))

        def _step(self, act: Any) -> None:
            if self.done():
                return
            try:
                act()
            except _INTERRUPTIONS as error:
                interruption.append(error)

        def _set(self, batch: list[dict[str, Any]]) -> None:
            exchange = state.set(batch, case="a request in a sequence")
            self.requests.append(exchange)
            found = results(exchange)
            if found is None or len(found) != len(batch):
                self.model = {job: dict(state.read(job)[0]) for job in own}
                return
            before = {job: dict(policy) for job, policy in self.model.items()}
            for item, result in zip(batch, found, strict=True):
                if result.get("status") == "success" and item[JOB] in own:
                    policy = {name: value for name, value in item.items() if name != JOB}
                    self.model.setdefault(item[JOB], {}).update(policy)
            self._compare(batch, before)

        def _refuse(self, body: Any) -> None:
            case = "an invalid request in a sequence"
            exchange = state.prober.send(state.prober.request(body), case=case)
            self.requests.append(exchange)
            if results(exchange) is not None:
                self.model = {job: dict(state.read(job)[0]) for job in own}
            self._compare([], self.model, rule=REFUSED)

        def _compare(
            self, batch: list[dict[str, Any]], before: Mapping[str, Any], *, rule: str = ""
        ) -> None:
            for job, wanted in self.model.items():
                found, reading_ = state.read(job)
                state.prober.ledger.checked(rule or STORED)
                different = differences(wanted, found)
                if not different:
                    continue
                named = [different[0] in item for item in batch if item[JOB] == job][-1:] == [True]
                violation = state.violation(
                    rule or (STORED if named else KEEPS),
                    job,
                    wanted,
                    found,
                    different,
                    case=f"a sequence of {len(self.requests)} requests",
                    seen=(*self.requests, reading_),
                )
                last[:] = [violation]
                raise Disagreement(violation)

    return Machine


def _item(job: str, policy: dict[str, Any]) -> dict[str, Any]:
    return {JOB: job, **policy}


def _is_batch(body: Any) -> bool:
    return (
        isinstance(body, dict)
        and isinstance(body.get("jobs"), list)
        and len(body["jobs"]) in (1, 3)
    )


def _policies(build: Bodies) -> st.SearchStrategy[dict[str, Any]]:
    """Any fields with any right values."""
    values = {
        name: st.text(max_size=8) if schema.is_free_text else st.sampled_from(schema.valid())
        for name, schema in build.fields.items()
    }
    return st.fixed_dictionaries({}, optional=values)


SCENARIOS: Final = (
    Scenario("sequences", _sequences, (STORED, KEEPS, LATER_REQUESTS), needs=("readback",), late=7),
)
