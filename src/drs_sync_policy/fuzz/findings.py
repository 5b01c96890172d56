"""Violations grouped by cause, after the run: one bug of a server is one finding.

Every violation of the verdict is in exactly one finding. Nothing is dropped: a finding keeps all
its violations, and `verdict.json` holds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from attrs import field, frozen

from drs_sync_policy.fuzz.verdict import Exchange, Ledger, Violation

Label = Literal[
    "",
    "alone",
    "after earlier requests",
    "with parallel requests",
    "not reproduced",
]
"""How a finding was seen again; empty where it was not sent again."""

FIRST: Final = ("status-is-documented", "media-type-is-json", "answer-is-i-json")
"""Rules that explain every other rule that fails with the same response."""


@frozen
class Finding:
    """One bug, as far as the requests show: violations with one cause."""

    id: str
    """Names the finding; the same in every run that finds it, whatever the seed."""
    rule: str
    """The rule that says best what is wrong."""
    cause: str
    """One plain sentence: what was expected, and what was received instead."""
    violations: tuple[Violation, ...] = field(repr=False)
    """Every violation of it, the best example first."""
    also_fails: tuple[str, ...] = ()
    """Other rules that fail because of it."""
    not_checked: tuple[str, ...] = ()
    """Rules that could not be checked because of it."""
    also_with: tuple[str, ...] = ()
    """The other cases that show it, each in a few words."""
    label: Label = ""
    tries: int = 0
    """How often it was sent again in vain, where it was not reproduced."""

    @property
    def example(self) -> Violation:
        """The violation that shows it best: the smallest requests."""
        return self.violations[0]

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges of the example; the first `prepared` only set what is stored."""
        return self.example.exchanges

    @property
    def prepared(self) -> int:
        """How many of the exchanges, from the first, only set what is stored beforehand."""
        return self.example.prepared

    @property
    def times(self) -> int:
        """How often it was seen during the run."""
        return sum(violation.times for violation in self.violations)

    @property
    def labelled(self) -> str:
        """The label as it is shown: with the number of tries where it was not reproduced."""
        if self.label == "not reproduced":
            return f"not reproduced (0 of {self.tries})"
        return self.label


def group(ledger: Ledger) -> tuple[Finding, ...]:
    """The findings of a run, the best explained first."""
    order = {rule: place for place, rule in enumerate((*FIRST, *ledger.rules))}
    causes: dict[str, list[Violation]] = {}
    violations = sorted(ledger.violations(), key=lambda entry: order[entry.rule])
    for violation in violations:
        causes.setdefault(_cause(violation, violations), []).append(violation)
    return tuple(_finding(rule, found) for rule, found in causes.items())


def _cause(violation: Violation, earlier: Sequence[Violation]) -> str:
    """The rule that explains a violation: the first that fails with the same response."""
    seen = {(entry.request, entry.response) for entry in violation.exchanges}
    for other in earlier:
        if other is violation:
            break
        if any((entry.request, entry.response) in seen for entry in other.exchanges):
            return other.rule
    return violation.rule


def _finding(rule: str, violations: Sequence[Violation]) -> Finding:
    own = sorted((v for v in violations if v.rule == rule), key=lambda entry: entry.size)
    others = [v for v in violations if v.rule != rule]
    example = own[0] if own else others[0]
    return Finding(
        id=rule,
        rule=rule,
        cause=f"{example.case}: expected {example.expected}, received {example.received}",
        violations=(*own, *others),
        also_fails=_once(entry.rule for entry in others),
        also_with=_once(entry.case for entry in own[1:] if entry.case != example.case),
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
