"""Which of several violations of one kind is the example."""

from __future__ import annotations

import pytest
from attrs import evolve

from drs_sync_policy import contract
from drs_sync_policy.fuzz.ledger import Exchange, Ledger, Violation
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.target.http import Request

_PLAIN = Request("POST", "/", body=b'{"jobs": []}')


def _violation(case: str, request: Request = _PLAIN, *, generated: bool = False) -> Violation:
    sent = (Exchange(request, Expectation("valid-request-is-accepted", None)),)
    return Violation("valid-request-is-accepted", case, "200", "400", sent, generated=generated)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (
            _violation("a named case", evolve(_PLAIN, body=b"[" * 99)),
            _violation("a random one", generated=True),
        ),
        (_violation("b", evolve(_PLAIN, cuts=(3,))), _violation("a", evolve(_PLAIN, cuts=(1, 2)))),
        (_violation("a", evolve(_PLAIN, cuts=(5,))), _violation("b", evolve(_PLAIN, cuts=(3,)))),
    ],
    ids=["a named case", "fewer chunks", "alike"],
)
def test_the_example_does_not_depend_on_the_order(better: Violation, worse: Violation) -> None:
    """Threads may see either first."""
    for seen in ((better, worse), (worse, better)):
        ledger = Ledger(contract.load().rules)
        assert [ledger.record(violation) for violation in seen] == [True, False]
        (kept,) = ledger.violations()
        assert (kept.case, kept.times) == (better.case, 2)
