"""Which of the rules that one response violates is the cause."""

from __future__ import annotations

import pytest

from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.findings import blame
from drs_sync_policy.fuzz.oracle import Expectation

READING = Expectation("status-is-documented", None)


@pytest.mark.parametrize(
    ("rules", "cause"),
    [
        # what another tenant sees is no matter of form
        (("answer-matches-schema", "foreign-job-has-no-details"), "foreign-job-has-no-details"),
        (("media-type-is-json", "list-has-own-jobs-only"), "list-has-own-jobs-only"),
        # a wrong status explains the form of its response
        (("media-type-is-json", "own-job-is-shown"), "own-job-is-shown"),
        (("media-type-is-json", "first-page-of-jobs-is-shown"), "first-page-of-jobs-is-shown"),
        # a rule that is not in the order comes last
        (("list-fits-its-page", "answer-matches-schema"), "answer-matches-schema"),
        (("list-fits-its-page",), "list-fits-its-page"),
    ],
)
def test_the_cause_explains_the_other_rules(rules: tuple[AnyRule, ...], cause: AnyRule) -> None:
    """Whatever order the rules are given in."""
    for given in (rules, rules[::-1]):
        assert blame.general(given, READING, None) == cause
