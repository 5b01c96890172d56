"""Sends the requests of a violation again and says whether they still show it.

The check of the registry that found the violation decides: for one response, for several responses
compared, or for what is stored.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from attrs import evolve, frozen

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.ledger import Exchange, Stored, Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.readback import Policy, PolicyReader
from drs_sync_policy.fuzz.rules import registry
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.target.patience import THROTTLED

Result = Literal["FIXED", "FAILS", "FLAKY"]
TRIES: Final = 3
_PARALLEL: Final = "concurrent-calls-take-turns"
_KEEP: Final = frozenset({"omitted-field-keeps-its-value", "refused-request-changes-nothing"})
"""The rules about values that were stored before and must still be there."""
_ROUNDS: Final = 10
"""So often requests are sent at once in one try: they do not meet each time."""
_GONE: Final = "the requests cannot bring back what it takes"
_LATER: Final = (
    "the run got a right response to the same request at first; to be sure, run `fuzz` again"
)
_AGAIN_SECONDS: Final = 1.0
"""So long a request is sent again and again that the run saw with a right response at first."""
_MISSING: Final = object()


@frozen
class Replayed:
    """A violation that was sent again."""

    result: Result
    failed: int
    """How many of the tries showed it."""
    tries: int
    last: Exchange | None = None
    """The last exchange that showed it; None if none did."""
    needs: str = ""
    """What else was needed, because the requests alone show nothing."""


def replay(
    prober: Prober,
    violation: Violation,
    *,
    tries: int = TRIES,
    before: Callable[[], Sequence[Exchange]] = tuple,
    reproduced: bool = True,
    began_later: Callable[[], bool] = lambda: False,
) -> Replayed:
    """Send the requests so many times: FAILS if each try shows it, FIXED if none does.

    If none does, they are sent once more after what the run sent `before` them, and with a reading
    after each: a cache or a list of recent requests may be what it takes. A violation that the run
    itself could not reproduce is never FIXED, because nothing would show it; nor is one that needs
    what the requests cannot bring back, nor one that `began_later`: some requests or seconds after
    the start of the server, and a server that was just started does not show it yet.
    """
    shown = [entry for entry in (once(prober, violation) for _ in range(tries)) if entry]
    if shown:
        result: Result = "FAILS" if len(shown) == tries else "FLAKY"
        return Replayed(result, len(shown), tries, shown[-1])
    for needs, attempt in _other_ways(prober, violation, before()):
        shown = [entry for entry in (attempt() for _ in range(2)) if entry]
        if shown:
            result = "FAILS" if len(shown) == 2 else "FLAKY"
            return Replayed(result, len(shown), 2, shown[-1], needs)
    if _is_gone(prober, violation):
        return Replayed("FLAKY", 0, tries, needs=_GONE)
    if began_later():
        return _until_it_shows(prober, violation, tries)
    return Replayed("FIXED" if reproduced else "FLAKY", 0, tries)


def _until_it_shows(prober: Prober, violation: Violation, tries: int) -> Replayed:
    """Send the requests again and again, for a short time; a server may count them."""
    until = time.monotonic() + _AGAIN_SECONDS
    while time.monotonic() < until:
        tries += 1
        if entry := once(prober, violation):
            return Replayed("FAILS", 1, 1, entry, f"at try {tries}, not before")
    return Replayed("FLAKY", 0, tries, needs=_LATER)


def _other_ways(
    prober: Prober, violation: Violation, before: Sequence[Exchange]
) -> Iterator[tuple[str, Callable[[], Exchange | None]]]:
    """What else may show a violation, and how; requests at the same time are tried often enough."""
    if violation.rule == _PARALLEL and violation.stored:
        return

    def after() -> Exchange | None:
        for exchange in before:
            _again(prober, exchange)
        return once(prober, violation)

    if before:
        yield f"after the {len(before)} requests before it", after
    if violation.stored:
        reading = functools.partial(once, prober, violation, reading=True)
        yield "if the policy is read after each request", reading


def once(prober: Prober, violation: Violation, *, reading: bool = False) -> Exchange | None:
    """The exchange that shows the violation now; None if none does.

    With `reading`, what is stored is also read after each request. None, too, if the requests
    cannot bring back what it takes: a response that throttles, or what was stored before.
    """
    exchanges = [entry for entry in violation.exchanges if not is_reading(entry)]
    if violation.rule == _PARALLEL and violation.stored:
        rounds = (
            _at_once(prober, violation.stored, exchanges, violation.prepared)
            for _ in range(_ROUNDS)
        )
        return next((entry for entry in rounds if entry), None)
    if was_throttled(violation):
        return None
    sent: list[Exchange] = []
    for number, entry in enumerate(exchanges):
        if number == violation.prepared and _cannot_begin(prober, violation, exchanges):
            return None
        sent.append(_again(prober, entry))
        if violation.stored and reading:
            _read(prober, violation.stored)
    if violation.stored:
        policy, read = _read(prober, violation.stored)
        return read if _is_wrong(violation.stored, policy) else None
    if violation.kind == "relation":
        found = registry.REGISTRY[violation.rule].problems(prober.oracle, Evidence(tuple(sent)))
        return sent[-1] if found else None
    rules = [entry.rule for entry in check_response(prober.oracle, sent[-1], case="")]
    return sent[-1] if violation.rule in rules else None


def is_right(oracle: Oracle, violation: Violation, exchange: Exchange) -> bool:
    """Whether an exchange with the last request of a violation does not show it.

    False, too, if one response alone cannot show it.
    """
    if violation.kind != "response" or exchange.response is None:
        return False
    return violation.rule not in [e.rule for e in check_response(oracle, exchange, case="")]


def was_throttled(violation: Violation) -> bool:
    """Whether a throttled request stored something: if it gets 200 now, it stores it rightly."""
    responses = [entry.response for entry in violation.exchanges[violation.prepared :]]
    return violation.stored is not None and any(
        response is not None and response.status in THROTTLED for response in responses
    )


def is_reading(exchange: Exchange) -> bool:
    """Whether an exchange only reads what is stored."""
    return not exchange.expectation.rule


def _is_gone(prober: Prober, violation: Violation) -> bool:
    """Whether no try can show the violation, whatever the server does."""
    if was_throttled(violation):
        return True
    exchanges = [entry for entry in violation.exchanges if not is_reading(entry)]
    if violation.rule in _KEEP:
        for entry in exchanges[: violation.prepared]:
            _again(prober, entry)
    return _cannot_begin(prober, violation, exchanges)


def _cannot_begin(prober: Prober, violation: Violation, exchanges: Sequence[Exchange]) -> bool:
    """Whether a value that must be kept is another one already, before the first request.

    No request takes a value away, and none sets what was there before the run.
    """
    stored = violation.stored
    if stored is None or violation.rule not in _KEEP:
        return False
    items = [
        item
        for entry in exchanges[violation.prepared : -1]
        for item in entry.expectation.items
        if item[JOB] == stored.job
    ]
    names = [name for name in stored.fields if not any(name in item for item in items)]
    return bool(names) and _is_wrong(stored, _read(prober, stored)[0], names)


def _again(prober: Prober, exchange: Exchange) -> Exchange:
    """The exchange again; what the contract allows is as it was."""
    return evolve(prober.ask(exchange.request), expectation=exchange.expectation)


def _at_once(
    prober: Prober, stored: Stored, exchanges: Sequence[Exchange], prepared: int
) -> Exchange | None:
    """The reading after the requests at the same time, if no order of them explains it.

    The first, `prepared` ones are sent before: they set what the others may lose.
    """
    for exchange in exchanges[:prepared]:
        _again(prober, exchange)
    before, _ = _read(prober, stored)
    sent: list[Exchange] = list(exchanges[prepared:])

    def send(place: int) -> None:
        sent[place] = _again(prober, sent[place])

    prober.together([functools.partial(send, place) for place in range(len(sent))])
    policy, reading = _read(prober, stored)
    evidence = Evidence(
        exchanges=tuple(sent),
        project_id=stored.project_id,
        readable=PolicyReader(prober).fields,
        before={stored.job: before},
        after={stored.job: policy},
        readings=(reading,),
    )
    found = registry.REGISTRY[_PARALLEL].problems(prober.oracle, evidence)
    return reading if found else None


def _read(prober: Prober, stored: Stored) -> tuple[Policy, Exchange]:
    other = prober.target.other
    is_other = other is not None and other.project_id == stored.project_id
    tenant = other if is_other else prober.target.tenant
    return PolicyReader(prober).read(stored.job, tenant=tenant, may_lack=True, recorded=False)


def _is_wrong(stored: Stored, policy: Policy, names: Sequence[str] = ()) -> bool:
    return any(
        not _same(stored.wanted.get(name, _MISSING), policy.get(name, _MISSING))
        for name in names or stored.fields
    )


def _same(one: object, other: object) -> bool:
    if one is _MISSING or other is _MISSING:
        return one is other
    return ijson.same(one, other)
