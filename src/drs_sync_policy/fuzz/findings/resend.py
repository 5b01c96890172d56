"""Sends what a violation shows again, plainer each time, and says what it comes from.

This is how a finding gets its rule, its smallest request and its label: the requests of a
violation are sent alone, then after earlier requests, then several at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import attrs
from attrs import evolve, frozen

from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.defects import CLOSED, AnyRule
from drs_sync_policy.fuzz.findings import blame
from drs_sync_policy.fuzz.findings.aspects import Aspects, aspects, case_of
from drs_sync_policy.fuzz.findings.shrink import Plain, smallest
from drs_sync_policy.fuzz.findings.unnoticed import variants
from drs_sync_policy.fuzz.ledger import Exchange, Violation
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.prober import NOT_SENT, SILENT, Prober, TargetDown
from drs_sync_policy.fuzz.rules import registry
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.rules.relations import essence, item_result
from drs_sync_policy.fuzz.rules.subject import subject
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Stopped, Throttled

Label = Literal[
    "",
    "alone",
    "after earlier requests",
    "with parallel requests",
    "not reproduced",
]
"""How a violation was seen again; empty where it was not sent again."""

NOTHING: Final = Expectation("", None)


@frozen
class Cause:
    """What a violation comes from."""

    rule: AnyRule
    example: Violation
    """The smallest request that shows it, sent again."""
    seen_as: AnyRule
    """The general rule that the response violates, whatever the request needs."""
    label: Label
    says: tuple[object, ...] = ()
    """What the response says: findings that say the same may have one cause."""
    needs: str = ""
    """What the request has that a plain one has not, as far as a rule speaks of it."""
    tries: int = 0
    field: str = ""
    """The field that is stored wrongly."""
    aspects: Aspects | None = None
    """What the smallest request has that a plain one has not."""


@attrs.define
class Resender:
    """A target to which violations are sent again, in so many requests."""

    prober: Prober
    build: Bodies
    left: int
    """So many requests may still be sent: the same on a busy machine and on an idle one."""
    stopped: bool = attrs.field(default=False, init=False)
    """Whether the target can no longer be asked."""
    plain: Plain = attrs.field(init=False)
    last: Request | None = attrs.field(default=None, init=False)
    """The request that was sent last; None if the run sent it."""
    known: list[Cause] = attrs.field(factory=list[Cause], init=False)
    """The causes found so far."""

    def __attrs_post_init__(self) -> None:
        self.plain = Plain(self.prober.oracle, self.build)

    @property
    def is_over(self) -> bool:
        """Whether the requests are used up, or the target can no longer be asked."""
        return self.stopped or self.left <= 0

    def send(self, request: Request) -> Exchange:
        """The exchange, with what the contract says of the request itself."""
        if self.is_over:
            return Exchange(request, NOTHING, silence=NOT_SENT)
        self.left -= 1
        self.last = request
        try:
            return self.prober.ask(request, again=True)
        except (TargetDown, Stopped, Throttled, NoResponse):
            self.stopped = True
            return Exchange(request, NOTHING, silence=NOT_SENT)

    def checked(self, exchange: Exchange) -> dict[AnyRule, bool]:
        """The rules that one exchange says something about, each with whether it is violated."""
        if exchange.silence in (NOT_SENT, SILENT) or not exchange.expectation.rule:
            return {}
        found = registry.of_response(subject(self.prober.oracle, exchange))
        return {rule: bool(problems) for rule, problems in found}

    def violated(self, exchange: Exchange) -> list[AnyRule]:
        """The rules that one exchange violates, by what its request is."""
        return [rule for rule, is_violated in self.checked(exchange).items() if is_violated]

    def response_cause(self, violation: Violation, exchange: Exchange) -> Cause | None:
        """What a violation that one response shows comes from; None if it is not seen again.

        Of the rules that the smallest request violates together, the first explains the others.
        But where it is violated alone, too, the others have a cause of their own.
        """
        rule = violation.rule
        unnoticed = self._is_unnoticed(exchange)
        known = self._known(rule, exchange, unnoticed=unnoticed)
        if known:
            return known
        tried = self._smallest(rule, exchange, unnoticed=unnoticed)
        if not tried:
            return None
        least = tried[-1]
        rules: list[AnyRule] = self.violated(least) or [rule]
        about = least.expectation.rule
        if about and is_let_in(least) and rule not in rules and about in rules:
            rule = about  # what a case is about is more special than its request
        if not blame.is_of_status(rule) and blame.is_accepted_otherwise(least):
            rules = [entry for entry in rules if not blame.is_of_status(entry)]
        while True:
            general = blame.general(rules, least.expectation, least.response)
            if general == rule or rule not in rules or not blame.is_content(general):
                return self._cause(violation, general, least, says=_status_and_code(exchange))
            first = self.response_cause(evolve(violation, rule=general), least)
            if first is None:
                return self._cause(violation, general, least, says=_status_and_code(exchange))
            if not self._is_apart(rule, tried, first):
                return first
            rules.remove(general)

    def _is_unnoticed(self, exchange: Exchange) -> bool:
        """Whether the server rejects a request as if what is wrong in its head was right.

        It rejects the plainest request with this defect as it should, and the request without the
        defect as this one. What rejects right requests is another bug then.
        """
        if not has_wrong_status(exchange) or is_let_in(exchange):
            return False
        found = variants(exchange.request, exchange.expectation, self.plain)
        if found is None:
            return False
        plainest, without = map(self.send, found)
        noticed = plainest.response is not None and not has_wrong_status(plainest)
        return noticed and _status_and_code(without) == _status_and_code(exchange)

    def _known(self, rule: AnyRule, exchange: Exchange, *, unnoticed: bool) -> Cause | None:
        """A cause found before that explains why an exchange violates a rule.

        What is `unnoticed` no request explains that has no such defect.
        """
        says = _status_and_code(exchange)
        has = aspects(exchange.request, self.plain)
        rules = self.violated(exchange) or [rule]
        is_of_items = not blame.is_of_status(rule) and blame.is_accepted_otherwise(exchange)
        for cause in self.known:
            is_of_status = cause.seen_as == blame.DOCUMENTED or not blame.is_content(cause.seen_as)
            is_alike = is_of_status if has_wrong_status(exchange) else cause.seen_as in rules
            same = cause.says == says and is_alike
            if not (same and cause.aspects and cause.aspects.within(has)):
                continue
            if is_of_items and blame.is_of_status(cause.seen_as):
                continue
            if unnoticed and not _has_same_defect(cause.example.exchanges[-1], exchange):
                continue
            if not self._is_apart(rule, [exchange], cause):
                return cause
        return None

    def _smallest(self, rule: AnyRule, exchange: Exchange, *, unnoticed: bool) -> list[Exchange]:
        """What was sent to find the smallest request that still shows it; that request last."""
        seen: dict[Request, Exchange] = {}
        shown = _shown(self, rule, exchange)

        def shows(request: Request) -> bool:
            sent = seen[request] = self.send(request)
            return shown(sent) and (not unnoticed or _has_same_defect(sent, exchange))

        if self.last in (None, exchange.request):
            # A server that remembers the last request must not see the same one twice.
            self.send(
                self.prober.request(self.build.body([self.build.item(self.prober.unknown_job())]))
            )
        if not shows(exchange.request):
            return []
        least = smallest(exchange.request, shows, self.plain)
        found = seen.pop(least)
        return [*seen.values(), found]

    def _is_apart(self, rule: AnyRule, tried: Sequence[Exchange], first: Cause) -> bool:
        """Whether what the last exchange violates has another cause than `first`.

        It has, if an exchange violates the rule of `first` and not `rule`, although it could. A
        wrong form of a response does not decide whether an item succeeds. A request that
        is accepted against a rule has another cause than one that is rightly accepted.
        """
        if rule == first.seen_as:
            return False
        least = first.example.exchanges[-1]
        if is_let_in(tried[-1]) and not blame.is_content(rule):
            return not is_let_in(least)
        if self.prober.ledger.is_seen_without(first.seen_as, rule):
            return True
        is_item = registry.REGISTRY[rule].about == "items"
        if is_item and blame.leaves_clear([first.seen_as], tried[-1]):
            return rule not in self.violated(least)
        outcomes = map(self.checked, (*tried, least))
        return any(found.get(first.seen_as) and found.get(rule) is False for found in outcomes)

    def _cause(
        self, violation: Violation, general: AnyRule, least: Exchange, *, says: tuple[object, ...]
    ) -> Cause:
        rule, needs = blame.special(general, least, self.plain)
        cause = Cause(
            rule=rule,
            seen_as=general,
            example=self._example(violation, rule, least),
            label="alone",
            says=says,
            needs=needs,
            aspects=aspects(least.request, self.plain),
        )
        self.known.append(cause)
        return cause

    def as_it_says(self, violation: Violation, exchange: Exchange) -> Cause:
        """What a violation comes from, by its response alone."""
        rules = self.violated(exchange)
        rule = blame.general(rules, exchange.expectation, exchange.response)
        example = violation
        if rule != violation.rule:
            sent = violation.exchanges[: violation.exchanges.index(exchange) + 1]
            example = evolve(
                self._example(violation, rule, exchange),
                exchanges=sent,
                prepared=min(violation.prepared, len(sent) - 1),
            )
        return Cause(
            rule=rule,
            seen_as=rule,
            example=example,
            label="",
            says=_status_and_code(exchange),
        )

    def _example(self, violation: Violation, rule: AnyRule, exchange: Exchange) -> Violation:
        """The violation in its smallest form."""
        expectation = evolve(exchange.expectation, rule=rule)
        again = evolve(exchange, expectation=expectation)
        case = violation.case
        if exchange.request not in [entry.request for entry in violation.exchanges]:
            case = case_of(exchange.request, self.plain, case)
        found = check_response(self.prober.oracle, again, case=case)
        if blame.is_accepted_otherwise(again) and not blame.is_of_status(rule):
            found = [entry for entry in found if entry.received_status is None]
        best = next((entry for entry in found if entry.rule == rule), found[0] if found else None)
        if best is None:
            return evolve(violation, rule=rule, case=case, exchanges=(exchange,), prepared=0)
        return evolve(best, rule=rule, generated=violation.generated)


def _shown(resender: Resender, rule: AnyRule, first: Exchange) -> Callable[[Exchange], bool]:
    """Whether another exchange shows the violation of `rule` that `first` shows."""
    says, let_in = _status_and_code(first), is_let_in(first)
    if rule == blame.DOCUMENTED:
        return lambda exchange: (
            rule in resender.violated(exchange) and _status_and_code(exchange) == says
        )
    if not has_wrong_status(first) or (
        not blame.is_of_status(rule) and blame.is_accepted_otherwise(first)
    ):
        return lambda exchange: rule in resender.violated(exchange)
    return lambda exchange: (
        has_wrong_status(exchange)
        and is_let_in(exchange) == let_in
        and _status_and_code(exchange) == says
    )


def _has_same_defect(one: Exchange, other: Exchange) -> bool:
    """Whether the first defect of two requests is of one rule."""
    rules = [[defect.rule for defect in e.expectation.defects[:1]] for e in (one, other)]
    return rules[0] == rules[1]


def has_wrong_status(exchange: Exchange) -> bool:
    """Whether the status is one that the contract does not allow for the request."""
    statuses = exchange.expectation.statuses
    if statuses is None:
        return False
    return (exchange.response.status if exchange.response else CLOSED) not in statuses


def is_let_in(exchange: Exchange) -> bool:
    """Whether a request that has to be rejected was accepted."""
    allowed, response = exchange.expectation.statuses or (), exchange.response
    return has_wrong_status(exchange) and bool(
        response and _is_accepted(response.status) and not any(map(_is_accepted, allowed))
    )


def _is_accepted(status: int) -> bool:
    return 200 <= status < 300


def said(exchange: Exchange) -> tuple[object, ...]:
    """What a response says: its status and error code, or those of its results."""
    found = exchange.listed
    if found is None or exchange.response is None:
        return _status_and_code(exchange)
    return (exchange.response.status, frozenset(item_result(result)[1:] for result in found))


def _status_and_code(exchange: Exchange) -> tuple[object, ...]:
    """The status of a response, and the code of its error."""
    said = essence(exchange)
    if said is None:
        return ("no response",)
    status, code = said
    return (status, code if isinstance(code, str) else None)
