"""Whether requests that got different responses get them as often as they are sent."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from drs_sync_policy.fuzz.ledger import Exchange, Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules.checking import always
from drs_sync_policy.fuzz.target.http import Request

_TIMES: Final = 8
"""So often requests are sent again before it is said that they get different responses."""


class Unsure(Exception):
    """A request could not be sent again; the text is the reason."""


def may_be_coincidence(violation: Violation) -> bool:
    """Whether a violation is a difference between the responses to different requests."""
    differ = len({exchange.request for exchange in violation.exchanges}) > 1
    return violation.kind == "relation" and not violation.expected_statuses and differ


def always_differ(
    oracle: Oracle, violation: Violation, ask: Callable[[Request], Exchange], random: Random
) -> bool:
    """Whether the requests of a violation get different responses as often as they are sent.

    The contract may allow either of the two responses, and a server may choose at random. So
    the requests are sent again, in a random order, and no response to one of them may be like
    any to the other. Raises what `ask` raises.
    """
    shown = violation.exchanges
    samples = [{_said(exchange): exchange} for exchange in shown]
    order = list(zip(samples, shown, strict=True))
    for _ in range(_TIMES):
        random.shuffle(order)
        for sample, exchange in order:
            again = ask(exchange.request)
            sample.setdefault(_said(again), again)
        if not always(oracle, violation.rule, [tuple(one.values()) for one in samples]):
            return False
    return True


def _said(exchange: Exchange) -> object:
    """What came back, as far as it is looked at when responses are compared."""
    response = exchange.response
    return (response.status, response.body) if response else None
