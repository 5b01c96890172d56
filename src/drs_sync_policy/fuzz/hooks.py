"""The rules about one response, as checks of schemathesis.

From its command line: `SCHEMATHESIS_HOOKS=drs_sync_policy.fuzz.hooks` with the target profile's
path in `DRS_SYNC_POLICY_TARGET`. From pytest: `register(target)`, whose result is what
`case.call_and_validate(checks=...)` takes. A failure carries the rule's id and statement.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from attrs import evolve
from schemathesis.checks import CHECKS, CheckContext
from schemathesis.core.failures import Failure, Severity
from schemathesis.core.transport import Response as TheirResponse
from schemathesis.generation.case import Case

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.ledger import Exchange, Ledger, Violation
from drs_sync_policy.fuzz.oracle import Expectation, Oracle
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.adapter import message
from drs_sync_policy.fuzz.target.http import Response
from drs_sync_policy.fuzz.target.profile import Target

TARGET_VARIABLE: Final = "DRS_SYNC_POLICY_TARGET"
STREAMED: Final = Expectation("status-is-documented", None, front=True)
_NO_RESPONSE: Final = frozenset({429, 502, 503, 504})
"""Schemathesis cannot send a request again; ours are, and what stays is reported from them."""
_OF_THE_CLIENT: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "transfer-encoding",
        "user-agent",
        "x-schemathesis-testcaseid",
    }
)
"""Headers that schemathesis's client adds to each request: no part of the case."""

CheckFunction = Callable[[CheckContext, "TheirResponse", "Case[Any]"], "bool | None"]
OnChecked = Callable[[Exchange, list[Violation]], None]


class RuleFailed(Failure):
    """A response that breaks a rule of the contract."""

    kind_title = "Broken rule"
    __slots__ = ("rule",)

    def __init__(
        self, violation: Violation, *, statement: str, operation: str, case_id: str
    ) -> None:
        super().__init__(
            operation=operation,
            title=f"Rule failed: {violation.rule}",
            message=f"{statement}\n\nExpected: {violation.expected}\n"
            f"Received: {violation.received}",
            case_id=case_id,
            severity=Severity.HIGH,
        )
        self.rule: str = violation.rule

    @property
    def _unique_key(self) -> str:
        return self.rule


def register(
    target: Target,
    *,
    against: Contract | None = None,
    on_checked: OnChecked | None = None,
    ledger: Ledger | None = None,
) -> list[CheckFunction]:
    """The checks, one for each rule that a response can break, now known to schemathesis too.

    `against` is an edition of the contract; the shipped base by default. `on_checked` gets each
    response with the violations in it, and `ledger` counts the rules that were checked.
    """
    checks = list(_checks(target, against or contract.load(), on_checked, ledger))
    for check in checks:
        CHECKS.register(check)
    return checks


@contextmanager
def registered(target: Target, **options: Any) -> Generator[list[str]]:
    """The names of the checks, which schemathesis knows until the block ends; as `register`."""
    checks = register(target, **options)
    names = [check.__name__ for check in checks]
    try:
        yield names
    finally:
        for name in names:
            CHECKS.unregister(name)


def exchange(received: TheirResponse, oracle: Oracle) -> Exchange:
    """What schemathesis sent and received, with what the contract allows as the response."""
    sent = message(received.request)
    # A body that was streamed can no longer be read, and servers may reject it for being chunked.
    streamed = sent.chunked or (
        sent.body is not None and "Transfer-Encoding" in received.request.headers
    )
    request = evolve(
        sent,
        headers=tuple(
            (name, value)
            for name, value in sent.headers
            if name.lower() not in _OF_THE_CLIENT and (name, value) != ("Accept", "*/*")
        ),
        body=None if sent.chunked else sent.body,
        chunked=False,
    )
    response = Response(
        status=received.status_code,
        headers=tuple((k, v) for k, values in received.headers.items() for v in values),
        body=received.content,
        seconds=received.elapsed,
    )
    return Exchange(request, STREAMED if streamed else oracle.expect(request), response)


def described(case: Case[Any]) -> str:
    """What schemathesis says that a case is about, and that it made it up."""
    data = case.meta.phase.data if case.meta else None
    about = getattr(data, "description", None)
    place = getattr(data, "parameter", None) or getattr(data, "location", None)
    if not about:
        return f"generated by schemathesis ({case.method})"
    words = f"{about[0].lower()}{about[1:]}" + (f", in {place}" if place else "")
    return f"{words} (generated by schemathesis)"


def _checks(
    target: Target, loaded: Contract, on_checked: OnChecked | None, ledger: Ledger | None
) -> Iterator[CheckFunction]:
    oracle = Oracle.of_target(target, loaded)
    checked = _Memory(oracle, on_checked, ledger)
    for rule in loaded.checked_rules(target.operations):
        yield _check(rule.id, rule.statement, checked)


class _Memory:
    """What was found in the last response: all checks look at it, it is checked once."""

    def __init__(self, oracle: Oracle, on_checked: OnChecked | None, ledger: Ledger | None) -> None:
        self._oracle = oracle
        self._on_checked = on_checked
        self._ledger = ledger
        self._local = threading.local()  # each worker goes through the checks of its own response

    def speaks_of(self, operation: str) -> bool:
        """Whether the rules are those of this operation; others get its checks alone."""
        ours = (self._oracle.operation, *(other.operation for other in self._oracle.others))
        return any(operation == f"{known.method} {known.path}" for known in ours)

    def violations(self, response: TheirResponse, case: str) -> list[Violation]:
        last: tuple[TheirResponse, list[Violation]] | None = getattr(self._local, "last", None)
        if last is None or last[0] is not response:
            seen = exchange(response, self._oracle)
            found = (
                []
                if response.status_code in _NO_RESPONSE
                else check_response(self._oracle, seen, self._ledger, case=case, generated=True)
            )
            last = self._local.last = (response, found)
            if self._on_checked and response.status_code not in _NO_RESPONSE:
                self._on_checked(seen, found)
        return last[1]


def _check(rule: str, statement: str, memory: _Memory) -> CheckFunction:
    def check(_: CheckContext, response: TheirResponse, case: Case[Any]) -> bool | None:
        if not memory.speaks_of(case.operation.label):
            return None
        for violation in memory.violations(response, described(case)):
            if violation.rule == rule:
                raise RuleFailed(
                    violation, statement=statement, operation=case.operation.label, case_id=case.id
                )
        return None

    check.__name__ = rule.replace("-", "_")
    check.__doc__ = statement
    return check


if TARGET_VARIABLE in os.environ:
    register(profile.load(os.environ[TARGET_VARIABLE]))
