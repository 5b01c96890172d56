"""How a request breaks the contract, and which statuses are right for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Literal

from attrs import frozen

from drs_sync_policy_contract import RuleId

ParametersRule = Literal["parameters-match-schema"]
AnyRule = RuleId | ParametersRule
PARAMETERS_RULE: Final[ParametersRule] = "parameters-match-schema"
"""Stands for a parameter's schema if no rule of the contract is about that parameter."""
CLOSED: Final = 0
"""Stands among statuses for a connection closed without a response."""
_CREDENTIALS_FIRST: Final[AnyRule] = "credentials-come-before-the-body"


@frozen
class Defect:
    """One way in which a request breaks the contract, and the statuses that are right for it."""

    rule: AnyRule
    statuses: frozenset[int]
    stage: Literal["credentials", "request", "body"]
    fields: tuple[str, ...] = ()
    """What of the request is invalid: fields of the body, or a parameter."""


def rule_of(defects: Sequence[Defect]) -> AnyRule:
    """The rule that a request with these defects is about."""
    stages = [defect.stage for defect in defects]
    if "credentials" in stages and "body" in stages:
        return _CREDENTIALS_FIRST
    for stage in ("credentials", "request", "body"):
        for defect in defects:
            if defect.stage == stage:
                return defect.rule
    return "valid-request-is-accepted"


def allowed_statuses(defects: Sequence[Defect]) -> frozenset[int]:
    """The statuses that are right for a request with these defects."""
    if not defects:
        return frozenset({200})
    early = [defect for defect in defects if defect.stage != "body"]
    refused = any(defect.stage == "credentials" for defect in defects)
    checked = early if refused else defects
    return frozenset[int]().union(*(defect.statuses for defect in checked))


def statuses_of(rule: str, defects: Sequence[Defect]) -> frozenset[int]:
    """Of the statuses that are right, those for the defects that `rule` is about."""
    if rule == _CREDENTIALS_FIRST:
        found = [defect for defect in defects if defect.stage == "credentials"]
    else:
        found = [defect for defect in defects if defect.rule == rule]
    return frozenset[int]().union(*(defect.statuses for defect in found))


def is_shared(defects: Sequence[Defect], rules: Collection[str]) -> bool:
    """Whether a request has defects, and the operation shares the rule about each of them."""
    return bool(defects) and all(defect.rule in rules for defect in defects)
