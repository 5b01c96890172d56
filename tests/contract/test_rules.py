"""Every promise of the contract, put to the test on a server (`--target FILE`)."""

from __future__ import annotations

import pytest

from drs_sync_policy import contract
from drs_sync_policy.fuzz.active import Verdict
from drs_sync_policy.fuzz.report.model import Telling

RULES = [rule.id for rule in contract.load().rules]


def test_the_run_came_to_a_verdict(verdict: Verdict) -> None:
    """The server was there, let us in, answered 200, and every required scenario ran."""
    assert (verdict.ending, verdict.reason) == ("complete", "")


@pytest.mark.parametrize("rule", RULES)
def test_promise(rule: str, telling: Telling, verdict: Verdict) -> None:
    """The promise is kept; one that could not be checked is skipped, and says why."""
    assert verdict.ending != "unreachable", verdict.reason
    line = next(line for line in telling.lines if line.rule.id == rule)
    if line.outcome in ("not checked", "waived"):
        pytest.skip(f"{line.outcome}: {line.reason}")
    if line.outcome == "failed":
        pytest.fail("\n\n".join((line.rule.statement, *map(_told, line.failures))), pytrace=False)


def _told(failure: object) -> str:
    from drs_sync_policy.fuzz.report.model import Failure

    assert isinstance(failure, Failure)
    steps = "\n\n".join(f"{step.curl}\n\n{step.received}" for step in failure.steps)
    return f"{failure.case}\nexpected: {failure.expected}\nreceived: {failure.received}\n\n{steps}"
