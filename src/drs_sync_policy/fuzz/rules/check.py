"""The check of a rule: a row of a table `CHECKS`, which each module of this package ends with.

A check looks at evidence of three kinds: one exchange alone, several exchanges compared, or also
what was stored before and after them. What it cannot look at says nothing about its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from attrs import frozen

from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.ledger import Kind
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.stored import State
from drs_sync_policy.fuzz.rules.subject import Subject, subject

OfOne = Callable[[Subject], Iterator[Problem]]
"""Checks one exchange: a request and its response."""
OfSeveral = Callable[[Sequence[Subject]], Iterator[Problem]]
"""Checks several exchanges against each other."""
OfState = Callable[[State], Iterator[Problem]]
"""Checks what is stored."""
About = Literal["form", "results", "items", "status"]
"""What is wrong with a response that violates a rule.

`form`: its form only; what became of each item is still clear. `results`: which items have which
results is not clear. `items`: an item that should succeed fails, or the other way round. `status`:
the contract does not allow this status for the request.
"""
_MOST: Final = 3
"""Of one check and one evidence so many problems are reported."""


@frozen
class Check:
    """What decides whether a rule holds: functions that yield problems, or raise `Skip`."""

    rule: AnyRule
    alone: OfOne | None = None
    compared: OfSeveral | None = None
    stored: OfState | None = None
    about: About = "form"
    """What `alone` finds wrong."""
    before: AnyRule | None = None
    """If one response violates this rule, too, it is not the cause: a finding names `rule`.

    Without it, the cause is the rule that comes first in the contract."""

    @property
    def kind(self) -> Kind:
        """The most that the check can look at."""
        if self.stored:
            return "state"
        return "relation" if self.compared else "response"

    def problems(self, oracle: Oracle, evidence: Evidence) -> list[Problem] | None:
        """What is wrong; None if the evidence says nothing about the rule."""
        kind = evidence.kind
        try:
            if kind == "state" and self.stored:
                return list(self.stored(State(oracle, evidence)))[:_MOST]
            subjects = [subject(oracle, exchange) for exchange in evidence.exchanges]
            if any(self.rule not in it.oracle.rules for it in subjects):
                return None
            if kind == "relation" and self.compared:
                return list(self.compared(subjects))[:_MOST]
            if kind == "response":
                return self.problems_alone(subjects[0])
        except Skip:
            pass
        return None

    def problems_alone(self, checked: Subject) -> list[Problem] | None:
        """What is wrong with one exchange; None if it says nothing about the rule."""
        if self.alone is None or self.rule not in checked.oracle.rules:
            return None
        try:
            return list(self.alone(checked))[:_MOST]
        except Skip:
            return None


def each(*parts: OfOne) -> OfOne:
    """Several views of one exchange as one check; it skips only if all of them do."""

    def check(it: Subject) -> Iterator[Problem]:
        skipped = 0
        for part in parts:
            try:
                yield from part(it)
            except Skip:
                skipped += 1
        if skipped == len(parts):
            raise Skip

    return check
