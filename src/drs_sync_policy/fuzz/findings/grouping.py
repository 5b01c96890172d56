"""Violations grouped by cause, after the run: one bug of a server is one finding.

Each violation is sent again, plainer each time, until only what it depends on is left; that shows
its cause. Violations with one cause are one finding. Every violation of the verdict is in a
finding, and `verdict.json` holds them all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve, field, frozen

from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.findings import blame
from drs_sync_policy.fuzz.findings.aspects import aspects
from drs_sync_policy.fuzz.findings.resend import Cause, Label, Resender, said
from drs_sync_policy.fuzz.findings.resend_state import StateResender
from drs_sync_policy.fuzz.ledger import Exchange, Ledger, Stored, Violation
from drs_sync_policy.fuzz.prober import Prober, TargetDown
from drs_sync_policy.fuzz.readback import Unreadable
from drs_sync_policy.fuzz.replay import TRIES, is_reading, once
from drs_sync_policy.fuzz.target.http import NoResponse, Stopped, Throttled

REQUESTS: Final = 5000
"""So many are sent to see violations again; those that are left are grouped by what they say."""
_FIELDS: Final = 3
"""So many wrong fields of one violation are looked at."""


@frozen
class Finding:
    """One bug, as far as the requests show: violations with one cause."""

    id: str
    """Names the finding; the same in every run that finds it, whatever the seed."""
    rule: AnyRule
    """The rule that says best what is wrong."""
    cause: str
    """One line: the case, what was expected, and what was received instead."""
    example: Violation
    """The smallest requests that show it."""
    violations: tuple[Violation, ...] = field(repr=False)
    """Every violation of it, as the run saw them; the smallest first."""
    also_fails: tuple[str, ...] = ()
    """Other rules that fail because of it."""
    not_checked: tuple[str, ...] = ()
    """Rules that could not be checked because of it."""
    also_with: tuple[str, ...] = ()
    """The other cases that show it, each in a few words."""
    about: tuple[str, ...] = ()
    """The fields, statuses and parts of requests that it is about; for a baseline."""
    label: Label = ""
    tries: int = 0
    """How often it was sent again in vain, where it was not reproduced."""

    @property
    def rules(self) -> tuple[AnyRule | str, ...]:
        """The rules that fail because of it: its own, then the others."""
        return (self.rule, *self.also_fails)

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
            return f"not reproduced (1 of {self.tries + 1})"
        return self.label


def new(found: Iterable[Finding], reported: set[str]) -> Iterator[Finding]:
    """The findings none of whose rules was reported before; then they are."""
    for finding in found:
        is_new = reported.isdisjoint(finding.rules)
        reported.update(finding.rules)
        if is_new:
            yield finding


def group(prober: Prober, *, requests: int = REQUESTS) -> tuple[Finding, ...]:
    """The findings of a run, in the order of the contract's rules.

    So many requests are sent for it; with 0 none is, and a violation counts as what it says.
    """
    violations = sorted(prober.ledger.violations(), key=_clarity)
    if not violations:
        return ()
    resender = Resender(prober, prober.bodies, requests)
    known: list[tuple[Violation, Cause]] = []
    for violation in violations:
        known += [(violation, cause) for cause in _causes(resender, violation)]
    findings = [
        _labelled(resender, _finding(resender, rule, found))
        for rule, found in _explained(known).items()
    ]
    for finding in findings:
        if finding.rule not in {violation.rule for violation in violations}:
            prober.ledger.record(finding.example)
    order = [*prober.ledger.rules]
    findings.sort(key=lambda entry: order.index(entry.rule))
    return tuple(_with_hidden(prober.ledger, findings))


def _with_hidden(ledger: Ledger, findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, each with the rules that could not be checked because of it."""
    order = [*ledger.rules]
    for finding in findings:
        hidden = {*ledger.hidden_by({*finding.rules})}
        yield evolve(finding, not_checked=tuple(sorted(hidden, key=order.index)))


def _causes(resender: Resender, violation: Violation) -> list[Cause]:
    """What a violation comes from: several causes where several fields are wrong."""
    if violation.kind == "relation" and violation.received_status is not None:
        # The status belongs to the request before, unless its own request gets it alone, too.
        cause = resender.response_cause(violation, violation.exchanges[-1])
        return [cause or Cause(violation.rule, violation, violation.rule, "")]
    says: Cause | None = None
    everywhere = _everywhere(resender, violation)
    for exchange in reversed(violation.exchanges):
        found = resender.violated(exchange)
        rules: list[AnyRule] = [rule for rule in found if rule not in everywhere]
        if not rules or (violation.stored and blame.leaves_clear(rules, exchange)):
            continue
        rule = violation.rule if violation.rule in rules else rules[0]
        cause = resender.response_cause(evolve(violation, rule=rule), exchange)
        if cause:
            return [cause]
        # Of compared responses, one that its own request does not get is what the rule is about.
        if violation.kind != "relation":
            says = says or resender.as_it_says(violation, exchange)
    causes = _of_state(resender, violation, violation.stored) if violation.stored else []
    return causes or [says or Cause(violation.rule, violation, violation.rule, "")]


def _everywhere(resender: Resender, violation: Violation) -> frozenset[AnyRule]:
    """Of responses that are compared: what is wrong with the form of all, and so no difference.

    So with the status, if all are accepted with another one than 200.
    """
    if violation.kind != "relation":
        return frozenset()
    first, *others = map(resender.violated, violation.exchanges)
    is_accepted = all(map(blame.is_accepted_otherwise, violation.exchanges))
    return frozenset(
        rule
        for rule in first
        if (blame.is_form(rule) or (is_accepted and blame.is_of_status(rule)))
        and rule != violation.rule
        and all(rule in other for other in others)
    )


def _of_state(resender: Resender, violation: Violation, stored: Stored) -> list[Cause]:
    if resender.is_over:  # what is known of a field is the best explanation then
        return [cause for cause in resender.known if cause.field in stored.fields][:1]
    found: list[Cause] = []
    for name in stored.fields[:_FIELDS]:
        with contextlib.suppress(Unreadable):
            cause = StateResender(resender, violation, stored, name).cause()
            found += [cause] if cause else []
    return found


def _explained(
    known: Sequence[tuple[Violation, Cause]],
) -> dict[AnyRule, list[tuple[Violation, Cause]]]:
    """The causes by rule; those that another finding explains are part of it."""
    by_rule: dict[AnyRule, list[tuple[Violation, Cause]]] = {}
    for violation, cause in known:
        by_rule.setdefault(cause.rule, []).append((violation, cause))
    for first, then, by in blame.EXPLAINS:
        if first in by_rule and then in by_rule:
            shown = set[object]().union(*(_shown(entry, by) for entry in by_rule[first]))
            late = by == "late" and any(cause.needs == by for _, cause in by_rule[first])
            follows = [
                entry
                for entry in by_rule[then]
                if _follows(entry, by)
                or shown & _shown(entry, by)
                or (late and entry[0].kind == "state")
            ]
            by_rule[first] += follows
            rest = [entry for entry in by_rule.pop(then) if entry not in follows]
            if rest:
                by_rule[then] = rest
    return by_rule


def _follows(found: tuple[Violation, Cause], by: str) -> bool:
    if by == "rejected":
        sent = [entry for entry in found[1].example.exchanges if not is_reading(entry)]
        return bool(sent) and sent[-1].results is None
    return by == "any" or (by == "not alone" and found[1].label != "alone")


def _shown(found: tuple[Violation, Cause], by: str) -> set[object]:
    """What the response of a violation says, or the fields that are stored wrongly."""
    violation, cause = found
    if by in ("response", "last response", "crash of the parser"):
        sent = [exchange for exchange in cause.example.exchanges if not is_reading(exchange)]
        sent = sent[-1:] if by == "last response" else sent
        return {
            said(exchange)
            for exchange in sent
            if by != "crash of the parser" or blame.is_crash_of_parser(exchange)
        }
    if by not in ("field", "set"):
        return set()
    if cause.field:
        return {cause.field}
    if (
        by == "set"
    ):  # no order of the requests fits, so any field that they set may be the wrong one
        return {name for entry in violation.exchanges for name in entry.expectation.fields}
    return {*violation.stored.fields} if violation.stored else set()


def _clarity(violation: Violation) -> tuple[object, ...]:
    """Clearer violations come first: of fewer defects, with a response, smaller."""
    sent = [exchange for exchange in violation.exchanges if not is_reading(exchange)]
    defects = [defect for exchange in sent for defect in exchange.expectation.defects]
    silent = bool(sent) and sent[-1].response is None
    return (violation.generated, len(defects), silent, violation.size)


def _evidence(resender: Resender, cause: Cause) -> tuple[object, ...]:
    """Of the causes with one rule, the first in this order is shown."""
    sent = [exchange for exchange in cause.example.exchanges if not is_reading(exchange)]
    weight = sum(aspects(exchange.request, resender.plain).weight for exchange in sent)
    *clear, size = _clarity(cause.example)
    return (not cause.label, *clear, weight, size)


def _finding(
    resender: Resender, rule: AnyRule, found: Sequence[tuple[Violation, Cause]]
) -> Finding:
    violations = tuple({id(violation): violation for violation, _ in found}.values())
    examples = [cause for _, cause in found if cause.rule == rule]
    best = min(examples, key=lambda entry: _evidence(resender, entry))
    example = best.example
    return Finding(
        id=rule,
        rule=rule,
        cause=f"{example.case}. Expected: {example.expected}. Received: {example.received}",
        example=example,
        violations=violations,
        also_fails=_once(entry.rule for entry in violations if entry.rule != rule),
        also_with=_once(entry.case for entry in violations if entry.case != example.case),
        about=tuple(sorted({_about(cause) for _, cause in found})),
        label=best.label,
        tries=best.tries,
    )


def _about(cause: Cause) -> str:
    """What a cause is about: the same for every seed, and as precise as that allows."""
    if cause.field:
        return cause.field
    names = [entry for entry in (*cause.example.fields, cause.needs) if entry]
    return " ".join([*map(str, cause.says[:1]), *names])


def _labelled(resender: Resender, finding: Finding) -> Finding:
    """The finding with its label: what it was not seen alone, all of its requests may show."""
    if finding.label or resender.is_over:
        return finding
    example = finding.example
    several = len([entry for entry in example.exchanges if not is_reading(entry)]) > 1
    label: Label = "after earlier requests" if several else "alone"
    if finding.rule == "concurrent-calls-take-turns":
        label = "with parallel requests"
    for tries in range(TRIES):
        try:
            if once(resender.prober, example):
                return evolve(finding, label=label, tries=tries)
        except (TargetDown, NoResponse, Stopped, Throttled, Unreadable):
            return finding
    return evolve(finding, label="not reproduced", tries=TRIES)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
