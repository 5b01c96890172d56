"""What was found: violations of rules, and how often each rule was checked."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from attrs import evolve, field, frozen

from drs_sync_policy.anyjson import is_array, is_object
from drs_sync_policy.contract import Rule
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.defects import PARAMETERS_RULE, AnyRule
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.target.http import Request, Response

Kind = Literal["response", "relation", "state"]
"""What a check looks at: one exchange, several compared, or also what is stored."""
RuleStatus = Literal["passed", "failed", "waived", "not checked", "not applicable"]

PARAMETERS_AS_RULE: Final = Rule(
    id=PARAMETERS_RULE,
    statement="A parameter that violates its schema is rejected with 400.",
    origin="decision",
    source="the schemas of the operation's parameters",
)


_LATER: Final = 202


@frozen
class Exchange:
    """One request, what the contract allows as its response, and what came back.

    `response` is None where nothing complete came back; `silence` then says what happened.
    """

    request: Request
    expectation: Expectation
    response: Response | None = None
    silence: str = ""

    @property
    def results(self) -> list[Mapping[str, Any]] | None:
        """The results of a 2xx; None without such a response, or if its meaning is not clear.

        A 202 has none: what it says of its items need not have happened yet.
        """
        return None if self.response and self.response.status == _LATER else self.listed

    @property
    def listed(self) -> list[Mapping[str, Any]] | None:
        """The results of a 2xx, also of a 202."""
        if self.response is None or not 200 <= self.response.status < 300:
            return None
        try:
            found: Any = ijson.clear(self.response.body)["results"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return found if is_array(found) and all(map(is_object, found)) else None


@frozen
class Stored:
    """What is stored for a job otherwise than it should be: the wrong fields alone."""

    job: str
    project_id: str
    wanted: Mapping[str, Any]
    found: Mapping[str, Any]

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the wrong fields."""
        return tuple(dict.fromkeys((*self.wanted, *self.found)))


@frozen
class Violation:
    """One observed violation of a rule: what was done, expected and received."""

    rule: AnyRule
    case: str
    expected: str
    received: str
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)
    prepared: int = 0
    """How many of the exchanges, from the first, only set what is stored beforehand."""
    kind: Kind = "response"
    """What shows it: one response, several compared, or what is stored."""
    fields: tuple[str, ...] = ()
    """The fields and parameters concerned, by their names in the contract."""
    expected_statuses: frozenset[int] = frozenset()
    """The statuses that were allowed, if the status is what is wrong."""
    received_status: int | None = None
    """The status that is wrong; 0 if there was no response, None if the status is not the point."""
    place: str = ""
    """Where the violation is: a place in the response, or a job id."""
    stored: Stored | None = None
    """What the last exchange reads, if the violation is in what is stored."""
    times: int = 1
    generated: bool = False
    """Whether a generator made the case up: a case of our own says better what it is about."""

    @property
    def key(self) -> tuple[object, ...]:
        """What violations of one kind share: rule, fields, statuses, and the form of the texts."""
        return (
            self.rule,
            self.kind,
            self.fields,
            self.expected_statuses,
            self.received_status,
            _form(self.expected),
            _form(self.received),
        )

    @property
    def size(self) -> tuple[bool, int, int, str]:
        """How much a reader has to read: fewer and smaller requests are better examples.

        Of examples that are alike, the order of threads must not choose one: their names do.
        """
        size = sum(200 + len(entry.request.body or b"") for entry in self.exchanges)
        return (self.generated, size, sum(len(e.request.cuts) for e in self.exchanges), self.case)


def _better(one: Violation, other: Violation) -> bool:
    """Whether `one` is the better example of a kind: with nothing else wrong, or smaller."""
    return (_has_another_defect(one), one.size) < (_has_another_defect(other), other.size)


def _has_another_defect(violation: Violation) -> bool:
    """Whether the status of the response is wrong, too, so that this may be the cause."""
    if violation.kind != "response" or violation.received_status is not None:
        return False
    last = violation.exchanges[-1]
    allowed = last.expectation.statuses
    return allowed is not None and (not last.response or last.response.status not in allowed)


_VALUES: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\btrue\b|\bfalse\b|`[^`]*`|\d+")


def _form(text: str) -> str:
    """`text` without its values: what is quoted, and numbers beyond a status."""
    return _VALUES.sub(lambda found: found[0] if len(found[0]) == 3 else "0", text)[:60]


@frozen
class Counts:
    """How often each rule was checked and skipped, and the rules that have a reason for it."""

    checked: Counter[str]
    skipped: Counter[str]
    reasons: frozenset[str]

    def since(self, before: Counts) -> Counts:
        """What came in addition."""
        return Counts(self.checked - before.checked, self.skipped - before.skipped, self.reasons)


class Ledger:
    """The record of a run, by rule; any thread may write."""

    def __init__(self, rules: Iterable[Rule], *, selected: Collection[str] = ()) -> None:
        self.rules: dict[str, Rule] = {rule.id: rule for rule in (*rules, PARAMETERS_AS_RULE)}
        self.selected: frozenset[str] = frozenset(selected)
        """The only rules that count; empty if all do."""
        self._lock = threading.Lock()
        self._checked: dict[str, int] = dict.fromkeys(self.rules, 0)
        self._violations: dict[str, dict[tuple[object, ...], Violation]] = {}
        self._skipped: dict[str, int] = {}
        self._reasons: dict[str, str] = {}
        self.limits: dict[str, str] = {}
        """What no case of a rule can check, where that is so."""
        self._hidden: dict[str, set[str]] = {}
        self._without: set[tuple[str, str]] = set()
        self.uncounted: bool = False
        """Whether more cases were skipped than were counted."""
        self.recorded: bool = False
        """Whether the cases are what others sent, so that there is no number of all cases."""
        self.requests: int = 0
        self.statuses: dict[int, int] = {}
        self.coverage: Counter[str] = Counter()
        """How often each part of the contract was exercised; see `coverage`."""

    @classmethod
    def sum(cls, ledgers: Sequence[Ledger]) -> Ledger:
        """The records of several runs as one.

        A rule that passed in full in one of them passed, whatever the others left out.
        """
        chosen = frozenset[str]().union(*(one.selected for one in ledgers))
        total = cls((), selected=chosen if all(one.selected for one in ledgers) else ())
        total.rules = {name: rule for one in ledgers for name, rule in one.rules.items()}
        total.uncounted = all(one.uncounted for one in ledgers)
        total.recorded = all(one.recorded for one in ledgers)
        for one in ledgers:
            total.requests += one.requests
            for status, times in one.statuses.items():
                total.statuses[status] = total.statuses.get(status, 0) + times
            total.coverage.update(one.coverage)
            for violation in one.violations():
                total.record(violation)
        for rule in total.rules:
            total.checked(rule, times=sum(one.times_checked(rule) for one in ledgers))
            if any(
                one.status(rule) == "passed" and not one.passed_in_part(rule) for one in ledgers
            ):
                continue
            for one in ledgers:
                if one.times_skipped(rule):
                    total.skip(rule, one.reason(rule), times=one.times_skipped(rule))
                elif one.reason(rule):
                    total.not_checked(rule, one.reason(rule))
        return total

    def count_request(self, status: int, *, times: int = 1) -> None:
        """Note one request, or several, with the status of its response (0: none)."""
        with self._lock:
            self.requests += times
            self.statuses[status] = self.statuses.get(status, 0) + times

    def covered(self, parts: Iterable[str]) -> None:
        """Note the parts of the contract that one exchange exercised."""
        with self._lock:
            self.coverage.update(parts)

    def checked(self, rule: str, *, times: int = 1) -> None:
        """Note that one case, or several, checked `rule`, whatever the outcome."""
        with self._lock:
            self._checked[rule] = self._checked.get(rule, 0) + times

    def skip(self, rule: str, reason: str, *, times: int = 1) -> None:
        """Note that one case, or several, that could have checked `rule` was not sent."""
        with self._lock:
            self._skipped[rule] = self._skipped.get(rule, 0) + times
            self._reasons.setdefault(rule, reason)

    def skip_case(self, rules: Iterable[str], reason: str) -> None:
        """Note that one case that could have checked these rules was not sent."""
        with self._lock:
            for rule in rules:
                self._skipped[rule] = self._skipped.get(rule, 0) + 1
                self._reasons.setdefault(rule, reason)

    def counts(self) -> Counts:
        """How often each rule was checked and skipped until now."""
        return Counts(Counter(self._checked), Counter(self._skipped), frozenset(self._reasons))

    def count_once(self, before: Counts, first: Counts) -> None:
        """Count cases that were sent twice once: those since `before`, which `first` began with.

        The second time they may have been sent in part only; the rest counts as skipped, except
        what was sent the first time.
        """
        with self._lock:
            for rule, sent in first.checked.items():
                again = self._checked[rule] - before.checked[rule]
                skipped = self._skipped.get(rule, 0) - before.skipped[rule]
                whole = max(again + skipped, sent)
                self._checked[rule] -= again + sent - max(again, sent)
                left = before.skipped[rule] + whole - max(again, sent)
                if left:
                    self._skipped[rule] = left
                elif self._skipped.pop(rule, 0) and rule not in before.reasons:
                    self._reasons.pop(rule, None)

    def hide(self, rule: str, by: str) -> None:
        """Note that a response which violates the rule `by` left nothing to check `rule` with."""
        with self._lock:
            self._hidden.setdefault(rule, set()).add(by)

    def seen_without(self, violated: Collection[str], passed: Collection[str]) -> None:
        """Note that a response violates these rules, and passes those."""
        with self._lock:
            self._without.update((one, other) for one in violated for other in passed)

    def is_seen_without(self, violated: str, passed: str) -> bool:
        """Whether a response violated the one rule and passed the other."""
        return (violated, passed) in self._without

    def hidden_by(self, rules: Collection[str]) -> Iterator[str]:
        """The rules that were never checked because of responses that violate one of `rules`."""
        for rule, by in self._hidden.items():
            if self.status(rule) == "not checked" and not by.isdisjoint(rules):
                yield rule

    def record(self, violation: Violation) -> bool:
        """Note a violation, as often as it says; True where it is the first of its kind."""
        if self.selected and violation.rule not in self.selected:
            return False
        with self._lock:
            kinds = self._violations.setdefault(violation.rule, {})
            known = kinds.get(violation.key)
            if known is None:
                kinds[violation.key] = violation
                return True
            better = violation if violation.exchanges and _better(violation, known) else known
            kinds[violation.key] = evolve(better, times=known.times + violation.times)
            return False

    def has(self, violation: Violation) -> bool:
        """Whether one of this kind is on the record."""
        with self._lock:
            return violation.key in self._violations.get(violation.rule, {})

    def change(self, change: Callable[[Violation], Violation]) -> None:
        """Put another violation, such as one without bodies, in the place of each."""
        with self._lock:
            for kinds in self._violations.values():
                kinds.update({key: change(violation) for key, violation in kinds.items()})

    def not_checked(self, rule: str, reason: str) -> None:
        """Note why `rule` could not be checked; the first reason stays."""
        with self._lock:
            self._reasons.setdefault(rule, reason)

    def status(self, rule: str) -> RuleStatus:
        """Whether a rule failed, passed, or was not checked; other rules are not applicable."""
        if rule not in self.rules or (self.selected and rule not in self.selected):
            return "not applicable"
        if rule in self._violations:
            return "failed"
        return "passed" if self._checked.get(rule) else "not checked"

    @property
    def failed(self) -> tuple[str, ...]:
        """The rules that failed."""
        return tuple(rule for rule in self.rules if self.status(rule) == "failed")

    def unchecked(self, rules: Iterable[str]) -> list[str]:
        """Those of these rules that were not checked; also those that are not among its rules."""
        return [
            rule for rule in rules if rule not in self.rules or self.status(rule) == "not checked"
        ]

    def times_checked(self, rule: str) -> int:
        """How often the rule was checked."""
        return self._checked.get(rule, 0)

    def times_skipped(self, rule: str) -> int:
        """How many cases that could have checked the rule were not sent."""
        return self._skipped.get(rule, 0)

    def passed_in_part(self, rule: str) -> bool:
        """Whether no case failed, but not every case that could fail the rule was sent."""
        return self.status(rule) == "passed" and (self.uncounted or bool(self.reason(rule)))

    def reason(self, rule: str) -> str:
        """Why the rule was not checked, or only in part; empty where there is no reason."""
        reason = self._reasons.get(rule, "")
        if self.times_checked(rule):
            return "; ".join(filter(None, (reason, self.limits.get(rule))))
        if not reason and rule in self.rules and self.status(rule) == "not checked":
            hidden = sorted(self._hidden.get(rule, ()))
            by = f"the responses to its cases fail {hidden[0]}" if hidden else ""
            return by or "no case of this run checks it"
        return reason

    def violations(self, rule: str | None = None) -> Iterator[Violation]:
        """The violations, one of each kind, in the order of the contract's rules."""
        for name in self.rules if rule is None else (rule,):
            yield from self._violations.get(name, {}).values()

    @property
    def saw_success(self) -> bool:
        """Whether any request was accepted; a 2xx other than 200 counts, too."""
        return any(200 <= status < 300 for status in self.statuses)
