"""The registry: for each rule of the contract the one check that decides whether it holds.

The rows are in the modules of this package, in their tables `CHECKS`. Scenarios send requests and
hand the evidence over; nothing but a check decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from drs_sync_policy.contract import Operation
from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.rules import (
    form,
    messages,
    pairing,
    reading,
    relations,
    state,
    status,
)
from drs_sync_policy.fuzz.rules.check import Check
from drs_sync_policy.fuzz.rules.problem import Problem
from drs_sync_policy.fuzz.rules.subject import Subject
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.text import listed
from drs_sync_policy_contract import RULE_IDS

_TABLES: Final = tuple(
    module.CHECKS for module in (form, pairing, status, relations, state, messages, reading)
)
_PLACES: Final[dict[AnyRule, int]] = {rule: place for place, rule in enumerate(RULE_IDS)}


def collected(tables: Iterable[Iterable[Check]]) -> dict[AnyRule, Check]:
    """The checks of these tables by rule, in the order of the contract.

    Raises `ValueError` if a rule has two.
    """
    checks = [check for table in tables for check in table]
    found: dict[AnyRule, Check] = {}
    for check in sorted(checks, key=lambda check: _PLACES.get(check.rule, len(_PLACES))):
        if check.rule in found:
            raise ValueError(
                f"the rule `{check.rule}` has two checks: give both functions to one `Check`"
            )
        found[check.rule] = check
    return found


REGISTRY: Final[dict[AnyRule, Check]] = collected(_TABLES)
"""The check of each rule, by the rule's id, in the order of the contract."""
CHECKS: Final[tuple[Check, ...]] = tuple(REGISTRY.values())


def hidden_from(target: Target, fields: Iterable[str]) -> dict[str, str]:
    """What cannot be read of these fields, for each rule about what is stored."""
    names = target.hidden(fields)
    said = f"`[readback]` does not read {listed(names, last='and')}"
    return {check.rule: said for check in CHECKS if names and check.stored}


def own_rules(operation: Operation) -> Iterator[AnyRule]:
    """The rules of an operation that have a check."""
    known = {rule.id for rule in operation.rules}
    return (check.rule for check in CHECKS if check.rule in known)


def of_response(checked: Subject) -> Iterator[tuple[AnyRule, list[Problem]]]:
    """Every rule that one exchange says something about, with what is wrong."""
    for check in _ALONE:
        problems = check.problems_alone(checked)
        if problems is not None:
            yield check.rule, problems


_ALONE: Final = tuple(check for check in CHECKS if check.alone)
