"""Every rule of the contract, checked on a server (`--target FILE`)."""

from __future__ import annotations

import pytest

from drs_sync_policy import contract
from drs_sync_policy.fuzz.report.model import Report, ShownFinding
from drs_sync_policy.fuzz.verdict import Verdict

pytestmark = pytest.mark.first

RULES = [rule.id for rule in contract.load().rules]


def test_the_run_is_complete(verdict: Verdict) -> None:
    """The server was there, accepted the credentials, sent a 200; every required scenario ran."""
    assert (verdict.ending, verdict.reason) == ("complete", "")


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str, report: Report, verdict: Verdict) -> None:
    """The rule passes; one that could not be checked is skipped, with the reason."""
    assert verdict.ending != "unreachable", verdict.reason
    line = next(line for line in report.rules if line.rule.id == rule)
    if line.status in ("not checked", "not applicable", "waived"):
        pytest.skip(f"{line.status}: {line.reason}")
    if line.status == "failed":
        findings = [f for f in report.findings if rule in (f.rule.id, *f.also_fails)]
        details = map(_details, findings)
        pytest.fail("\n\n".join((line.rule.statement, *details)), pytrace=False)


def _details(finding: ShownFinding) -> str:
    example = finding.example
    steps = "\n\n".join(f"{step.curl}\n\n{step.received}" for step in example.steps)
    return (
        f"{finding.rule.id}: {example.case}\nexpected: {example.expected}\n"
        f"received: {example.received}\n\n{steps}"
    )
