"""Which of the rules that one response violates is the cause."""

from __future__ import annotations

import pytest

from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.findings import blame
from drs_sync_policy.fuzz.findings.shrink import Plain
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.rules.check import Check
from drs_sync_policy.fuzz.rules.registry import CHECKS
from drs_sync_policy.fuzz.target.http import Response
from tests.fuzz import servers
from tests.fuzz.found import target_at

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
        # a check that says of no rule that it comes before it has the place of the contract
        (("list-fits-its-page", "answer-matches-schema"), "answer-matches-schema"),
        (("one-result-per-item", "count-equals-results"), "one-result-per-item"),
        (("list-fits-its-page",), "list-fits-its-page"),
    ],
)
def test_the_cause_explains_the_other_rules(rules: tuple[AnyRule, ...], cause: AnyRule) -> None:
    """Whatever order the rules are given in."""
    for given in (rules, rules[::-1]):
        assert blame.general(given, READING, None) == cause


@pytest.mark.parametrize(
    ("status", "rule"), [(413, "batch-size-is-unbounded"), (400, "unknown-fields-are-ignored")]
)
def test_what_is_too_large_is_a_matter_of_its_size(status: int, rule: AnyRule) -> None:
    """Whatever fills the body; another status is about what it is filled with."""
    prober = servers.prober(target_at("http://127.0.0.1:9"))
    item = {"job_id": prober.target.tenant.job_ids[0]}
    request = prober.request({"jobs": [item], "x_unknown": "x" * 5000})
    exchange = Exchange(request, prober.oracle.expect(request), Response(status, (), b"", 0.0))
    plain = Plain(prober.oracle, prober.bodies)
    assert blame.special("valid-request-is-accepted", exchange, plain)[0] == rule


def test_a_check_comes_before_the_rule_that_it_names() -> None:
    """Both are about what a response says: if the status is wrong, nothing comes before that."""
    for check in CHECKS:
        if check.before:
            assert blame.is_content(check.rule)
            assert blame.is_content(check.before)
            both = {check.rule, check.before}
            assert blame.general(both, READING, None) == check.rule


def test_checks_that_come_before_each_other_are_an_error() -> None:
    """Without it, the order of the others would depend on chance."""
    given: dict[AnyRule, Check] = {
        "later-calls-win": Check("later-calls-win", before="later-items-win"),
        "later-items-win": Check("later-items-win", before="later-calls-win"),
    }
    with pytest.raises(ValueError, match="circle: later-calls-win, later-items-win"):
        list(blame.in_order(given))
