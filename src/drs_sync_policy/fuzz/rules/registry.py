"""The rules about one response and its request: one check for each, by the rule's id.

A check yields what is wrong, as (expected, received), and nothing where all is well. `Skip` says
that the rule has nothing to say of this exchange.
"""

from __future__ import annotations

from typing import Final

from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules import form, messages, pairing, status
from drs_sync_policy.fuzz.rules.subject import Check, Skip, subject
from drs_sync_policy.fuzz.verdict import Exchange, Ledger, Violation

CHECKS: Final[dict[str, Check]] = {
    **form.CHECKS,
    **pairing.CHECKS,
    **status.CHECKS,
    **messages.CHECKS,
}
"""The check of each rule that one response can break, by the rule's id."""


def violations(
    oracle: Oracle,
    exchange: Exchange,
    ledger: Ledger | None = None,
    *,
    case: str,
    generated: bool = False,
) -> list[Violation]:
    """The rules that one response violates, each kind of violation once."""
    checked = subject(oracle, exchange)
    found: list[Violation] = []
    for rule, check in (*CHECKS.items(), *status.of_the_case(exchange)):
        try:
            problems = list(check(checked))
        except Skip:
            continue
        if ledger:
            ledger.checked(rule)
        found += [
            Violation(rule, case, expected, received, (exchange,), generated=generated)
            for expected, received in problems[:3]
        ]
    return list({violation.kind: violation for violation in reversed(found)}.values())[::-1]
