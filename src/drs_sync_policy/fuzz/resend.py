"""Sends what a violation shows again, plainer each time, and says what it comes from.

This is how a finding gets its rule, its smallest request and its label: the requests of a
violation are sent alone, then after earlier requests, then several at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Literal

import attrs
from attrs import evolve, frozen

from drs_sync_policy.fuzz import blame
from drs_sync_policy.fuzz.aspects import Aspects, aspects, plain_case
from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.defects import CLOSED, AnyRule
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.prober import NOT_SENT, SILENT, Prober, TargetDown
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.rules.relations import essence, item_result
from drs_sync_policy.fuzz.shrink import Plain, smallest
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Stopped, Throttled
from drs_sync_policy.fuzz.verdict import Exchange, Violation

Label = Literal[
    "",
    "alone",
    "after earlier requests",
    "with parallel requests",
    "not reproduced",
]
"""How a violation was seen again; empty where it was not sent again."""

NOTHING: Final = Expectation("", None)
TRIES: Final = 3
"""So often a violation that is not seen again is sent."""


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
    """A target to which violations are sent again, within a time."""

    prober: Prober
    build: Bodies
    until: float
    """When to stop, by `time.monotonic`."""
    stopped: bool = attrs.field(default=False, init=False)
    """Whether the target can no longer be asked."""
    plain: Plain = attrs.field(init=False)
    known: list[Cause] = attrs.field(factory=list[Cause], init=False)
    """The causes found so far."""

    def __attrs_post_init__(self) -> None:
        self.plain = Plain(self.prober.oracle, self.build)

    @property
    def is_over(self) -> bool:
        """Whether the time is used up, or the target can no longer be asked."""
        return self.stopped or time.monotonic() > self.until

    def send(self, request: Request) -> Exchange:
        """The exchange, with what the contract says of the request itself."""
        if self.is_over:
            return Exchange(request, NOTHING, silence=NOT_SENT)
        try:
            return self.prober.ask(request)
        except (TargetDown, Stopped, Throttled, NoResponse):
            self.stopped = True
            return Exchange(request, NOTHING, silence=NOT_SENT)

    def violated(self, exchange: Exchange) -> list[AnyRule]:
        """The rules that one exchange violates, by what its request is."""
        if exchange.silence in (NOT_SENT, SILENT) or not exchange.expectation.rule:
            return []
        found = check_response(self.prober.oracle, exchange, case="")
        return [violation.rule for violation in found]

    def response_cause(self, violation: Violation, exchange: Exchange) -> Cause | None:
        """What a violation that one response shows comes from; None if it is not seen again."""
        says = _status_and_code(exchange)
        has = aspects(exchange.request, self.plain)
        rules = self.violated(exchange) or [violation.rule]
        for cause in self.known:
            is_of_status = cause.seen_as not in blame.FIRST[1:]
            is_alike = is_of_status if has_wrong_status(exchange) else cause.seen_as in rules
            same = cause.says == says and is_alike
            if same and cause.aspects and cause.aspects.within(has):
                return cause
        seen: dict[Request, Exchange] = {}
        shown = _shown(self, violation.rule, exchange)

        def shows(request: Request) -> bool:
            seen[request] = self.send(request)
            return shown(seen[request])

        request = evolve(exchange.request)
        if not shows(request):
            return None
        least = seen[smallest(request, shows, self.plain)]
        rules = self.violated(least) or [violation.rule]
        general = blame.general(rules, least.expectation, least.response)
        rule, needs = blame.special(general, least.request, self.plain)
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
        return Cause(
            rule=rule,
            seen_as=rule,
            example=evolve(violation, rule=rule),
            label="",
            says=_status_and_code(exchange),
        )

    def _example(self, violation: Violation, rule: AnyRule, exchange: Exchange) -> Violation:
        """The violation in its smallest form."""
        expectation = evolve(exchange.expectation, rule=rule)
        again = evolve(exchange, expectation=expectation)
        case = violation.case
        if exchange.request not in [entry.request for entry in violation.exchanges]:
            case = plain_case(aspects(exchange.request, self.plain)) or case
        found = check_response(self.prober.oracle, again, case=case)
        best = next((entry for entry in found if entry.rule == rule), found[0] if found else None)
        if best is None:
            return evolve(violation, rule=rule, case=case, exchanges=(exchange,), prepared=0)
        return evolve(best, rule=rule, generated=violation.generated)


def _shown(resender: Resender, rule: AnyRule, first: Exchange) -> Callable[[Exchange], bool]:
    """Whether another exchange shows the violation of `rule` that `first` shows."""
    if not has_wrong_status(first):
        return lambda exchange: rule in resender.violated(exchange)
    says = _status_and_code(first)
    return lambda exchange: has_wrong_status(exchange) and _status_and_code(exchange) == says


def has_wrong_status(exchange: Exchange) -> bool:
    """Whether the status is one that the contract does not allow for the request."""
    statuses = exchange.expectation.statuses
    if statuses is None:
        return False
    return (exchange.response.status if exchange.response else CLOSED) not in statuses


def said(exchange: Exchange) -> tuple[object, ...]:
    """What a response says: its status and error code, or those of its results."""
    found = exchange.results
    if found is None:
        return _status_and_code(exchange)
    return (200, frozenset(item_result(result)[1:] for result in found))


def _status_and_code(exchange: Exchange) -> tuple[object, ...]:
    """The status of a response, and the code of its error."""
    said = essence(exchange)
    if said is None:
        return ("no response",)
    status, code = said
    return (status, code if isinstance(code, str) else None)
