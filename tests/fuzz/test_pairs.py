"""Several bugs at once: each has its finding, and the report says what to repair."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.evidence import files
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.sandbox import faults
from tests.fuzz.found import planted

RULES = {fault.name: fault.rule for fault in faults.catalogue()}


def _run(*names: str, budget: float) -> Verdict:
    """A run on a sandbox with these faults, until the rule of each has failed."""
    wanted = [RULES[name] for name in names]
    with planted(*names) as (target, wire):
        return run(
            target,
            wire=wire,
            seed=1,
            budget=budget,
            enough=lambda ledger: (
                bool(wanted) and all(ledger.status(rule) == "failed" for rule in wanted)
            ),
        )


@pytest.mark.parametrize(
    "names",
    [
        # the second breaks the form of the responses that show what the first has stored
        ("resets-enums", "field-beside-count"),
        # the requests of the first get the response that is wrong in the second
        ("token-first-half-compared", "bare-item-fails"),
        # each response to what the second breaks also shows the first, which is seen alone, too
        ("answer-with-doubled-key", "languages-swapped"),
        # a request that must be rejected gets what the first sends for those that are accepted
        pytest.param(("answers-207", "json-suffix"), marks=pytest.mark.system),
        # the results that differ in the second lack the same field in all languages
        pytest.param(
            ("result-codes-by-language", "failed-without-message"), marks=pytest.mark.system
        ),
        # the smallest request of each is right in the other
        pytest.param(("repeated-job-fails", "ids-of-the-first"), marks=pytest.mark.system),
        # a response that has something after its value still says what became of the items
        pytest.param(("answer-with-trailing-data", "results-in-english"), marks=pytest.mark.system),
        # the smallest request of the form also shows the item, and others show only the form
        pytest.param(("answer-with-doubled-key", "bare-item-fails"), marks=pytest.mark.system),
        # no order of parallel requests explains what the first leaves
        pytest.param(("stop-stays-stop", "wrong-allow"), marks=pytest.mark.system),
        # jobs of others succeed as unknown ones do
        pytest.param(("stores-up-to-nul", "unknown-job-succeeds"), marks=pytest.mark.system),
    ],
    ids="+".join,
)
def test_two_independent_bugs_are_two_findings(names: tuple[str, ...]) -> None:
    """Neither is taken for what the other leads to."""
    found = [finding.rule for finding in _run(*names, budget=60).findings]
    assert sorted(found) == sorted(RULES[name] for name in names)


@pytest.mark.system
def test_what_one_bug_hides_of_another_is_named() -> None:
    """No response shows whether a policy is stored, and the finding says so."""
    verdict = _run("answers-202", "wrong-allow", budget=60)
    first, *_ = verdict.findings
    assert first.rule == "status-is-documented"
    assert "accepted-policy-is-stored" in first.not_checked
    assert "other-methods-are-refused" not in first.not_checked


@pytest.mark.system
def test_a_server_with_five_bugs_is_repaired_with_one_report(tmp_path: Path) -> None:
    """The rule of each finding names its bug, and after their repair nothing is found."""
    planted = (
        "clears-texts",
        "count-off-by-one",
        "null-ddl-trans",
        "put-is-post",
        "token-in-any-case",
    )
    files.write(_run(*planted, budget=60), tmp_path)
    document = json.loads((tmp_path / files.VERDICT).read_text("utf-8"))
    reported = [finding["rule"] for finding in document["findings"]]
    assert len(reported) == len(planted)
    left = [name for name in planted if RULES[name] not in reported]
    assert not [*_run(*left, budget=0).ledger.violations()]
