"""From evidence to violations: runs the checks of the registry and counts them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from drs_sync_policy.fuzz import coverage
from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.ledger import Exchange, Ledger, Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules import registry
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.rules.problem import Problem
from drs_sync_policy.fuzz.rules.subject import subject

_MIXES: Final = 2000


def check_response(
    oracle: Oracle,
    exchange: Exchange,
    ledger: Ledger | None = None,
    *,
    case: str,
    generated: bool = False,
) -> list[Violation]:
    """The violations in one exchange, of every rule; each kind of violation once."""
    evidence = Evidence((exchange,))
    found: list[Violation] = []
    checked = subject(oracle, exchange)
    if ledger:
        ledger.covered(coverage.seen(checked.oracle, exchange, checked.value))
    passed: list[str] = []
    for rule, problems in registry.of_response(checked):
        if ledger:
            ledger.checked(rule)
        if not problems:
            passed.append(rule)
        found += _violations(rule, evidence, problems, case=case, generated=generated)
    if ledger and found:
        ledger.seen_without({violation.rule for violation in found}, passed)
    return list({violation.key: violation for violation in reversed(found)}.values())[::-1]


def check(
    oracle: Oracle,
    rule: AnyRule,
    evidence: Evidence,
    ledger: Ledger | None = None,
    *,
    case: str,
) -> list[Violation]:
    """The violations of one rule in the evidence; it counts only if the rule was checked."""
    problems = registry.REGISTRY[rule].problems(oracle, evidence)
    if problems is None:
        return []
    if ledger:
        ledger.checked(rule)
    return list(_violations(rule, evidence, problems, case=case))


def always(oracle: Oracle, rule: AnyRule, samples: Sequence[Sequence[Exchange]]) -> bool:
    """Whether a rule is violated whichever of the samples of each request is looked at.

    Of very many mixes, only the first are looked at. One that cannot be checked disproves nothing.
    """
    checked = registry.REGISTRY[rule]
    mixes = itertools.islice(itertools.product(*samples), _MIXES)
    found = (checked.problems(oracle, Evidence(mix)) for mix in mixes)
    return all(problems is None or problems for problems in found)


def _violations(
    rule: AnyRule,
    evidence: Evidence,
    problems: Iterable[Problem],
    *,
    case: str,
    generated: bool = False,
) -> Iterator[Violation]:
    for problem in problems:
        yield Violation(
            rule=rule,
            case=case,
            expected=problem.expected,
            received=problem.received,
            exchanges=problem.exchanges or (*evidence.exchanges, *_readings(evidence, problem)),
            kind=evidence.kind,
            fields=problem.fields,
            expected_statuses=problem.expected_statuses,
            received_status=problem.received_status,
            place=problem.place,
            stored=problem.stored,
            generated=generated,
        )


def _readings(evidence: Evidence, problem: Problem) -> tuple[Exchange, ...]:
    """The reading of the job that the problem is about; all of them if it is about none."""
    readings = dict(zip(evidence.after, evidence.readings, strict=False))
    if problem.place in readings:
        return (readings[problem.place],)
    return evidence.readings
