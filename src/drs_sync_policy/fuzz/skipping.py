"""Cases that a run does not send, counted by the rules that they could have checked.

A scenario runs as always, only nothing is sent. What each case could have checked follows from the
response that the contract asks for: the rules that have something to check in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.defects import CLOSED, AnyRule
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import Expectation, Oracle
from drs_sync_policy.fuzz.rules import registry
from drs_sync_policy.fuzz.rules.messages import is_plain
from drs_sync_policy.fuzz.rules.subject import subject
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Readback, Target, Tenant

_STAND_IN: Final = "for-cases-that-are-not-sent"
_LARGE_BYTES: Final = 50_000
_MESSAGES: Final = {"zh": "失败", "": "failed"}


class Checkable:
    """The rules that a response to a request could violate.

    They depend on what kind of request it is, so they are worked out once for each kind.
    """

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._known: dict[object, tuple[AnyRule, ...]] = {}

    def rules(self, request: Request, expectation: Expectation) -> tuple[AnyRule, ...]:
        """The rules for one request; of a large one, only the first."""
        of = self._oracle.of(request)
        if of is not self._oracle:
            return (*registry.own_rules(of.operation),)
        if expectation.statuses is None or not expectation.rule:
            return ()
        if len(request.body or b"") > _LARGE_BYTES:
            return (expectation.rule,)
        kind = self._kind(request, expectation)
        if kind not in self._known:
            self._known[kind] = (*self._work_out(request, expectation),)
        return self._known[kind]

    def _kind(self, request: Request, expectation: Expectation) -> object:
        """Everything of a request that decides what can be checked of its response."""
        jobs = {item["job_id"] for item in expectation.items}
        kinds = {self._oracle.kind_of(job, expectation.tenant) for job in jobs}
        return (
            expectation.rule,
            expectation.statuses,
            expectation.defects[:1],
            expectation.language,
            expectation.tenant,
            expectation.front,
            frozenset(kinds),
            len(expectation.items) > 1,
            request.chunked,
            is_plain(request),
        )

    def _work_out(self, request: Request, expectation: Expectation) -> Iterator[AnyRule]:
        response = _right_response(self._oracle, expectation)
        exchange = Exchange(request, expectation, response, silence="closed")
        for rule, _ in registry.of_response(subject(self._oracle, exchange)):
            yield rule


def _right_response(oracle: Oracle, expectation: Expectation) -> Response | None:
    """A response that the contract allows."""
    statuses = sorted((expectation.statuses or frozenset()) - {CLOSED})
    if not statuses:
        return None
    message = _MESSAGES["zh" if (expectation.language or "").startswith("zh") else ""]
    error = {"error_code": "x", "error_msg": message}
    body: dict[str, Any] = error
    if statuses[0] == 200:
        results = [
            _result(oracle, item["job_id"], expectation, error) for item in expectation.items
        ]
        body = {"count": len(results), "results": results}
    headers = (("Content-Type", "application/json"), ("Allow", oracle.operation.method))
    return Response(statuses[0], headers, ijson.dumps(body), 0.0)


def _result(
    oracle: Oracle, job: str, expectation: Expectation, error: dict[str, str]
) -> dict[str, str]:
    tenant = expectation.tenant
    if tenant and job in tenant.job_ids and job not in oracle.target.blocked_job_ids:
        return {"id": job, "status": "success"}
    return {"id": job, "status": "failed", **error}


def complete(target: Target) -> Target:
    """The target with every optional part that its profile leaves out, to count cases for."""
    readback = Readback(path="/v3/{project_id}/jobs/{job_id}", policy_pointer="")
    return evolve(
        target,
        other=target.other or Tenant(_STAND_IN, "0" * 32, (_STAND_IN,)),
        readback=target.readback or readback,
        blocked_job_ids=target.blocked_job_ids or (f"{_STAND_IN}-2",),
        expired_token=target.expired_token or f"{_STAND_IN}-3",
        max_body_bytes=target.max_body_bytes or 2_000_000,
    )
