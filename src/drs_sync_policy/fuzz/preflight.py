"""Before the first case: is the server there, and does what the profile says work.

A wrong token or a wrong path in the profile would look like dozens of violations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from attrs import evolve

from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.readback import Policy, PolicyReader, Unreadable
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Throttled
from drs_sync_policy.fuzz.target.profile import Target, Tenant
from drs_sync_policy.text import did_you_mean

Ending = Literal[
    "complete",
    "unreachable",
    "not allowed in",
    "invalid profile",
    "too little checked",
    "interrupted",
]
"""How a run ended. `not allowed in`: the server rejected a token of the profile."""
_OK: Final = 200
_REJECTED: Final = frozenset({401, 403})


def tenants(target: Target) -> Iterator[tuple[str, Tenant]]:
    """The tenants of a profile, each with the name of its table."""
    yield "target", target.tenant
    if target.other:
        yield "other_tenant", target.other


def check(prober: Prober, *, readback: bool = True) -> tuple[Ending, str] | None:
    """Why the run ends before it begins; None if it can go on.

    Without `readback`, no policy is changed: a run of others may be under way.
    """
    try:
        for name, tenant in tenants(prober.target):
            request = prober.request({"jobs": [{"job_id": tenant.job_ids[0]}]}, tenant=tenant)
            before = _stored(prober, tenant) if readback else None
            exchange = _sent(prober, request)
            status = exchange.response.status if exchange.response else 0
            if status in _REJECTED:
                # Who is let in may depend on earlier requests on the connection, which is a fault.
                exchange = _sent(prober, evolve(request, fresh=True))
                status = exchange.response.status if exchange.response else 0
            if status in _REJECTED:
                return "not allowed in", (
                    f"the server responded {status} to the token and project of `[{name}]`; check"
                    " `token` (or the variable of `token_env`) and `project_id` there"
                )
            if before is not None:
                _check_first(prober, tenant, before, exchange)
        return _readback(prober) if readback else None
    except Throttled as error:
        return "too little checked", f"the server throttles every request: {error}"
    except NoResponse as error:
        return "unreachable", str(error)


def _sent(prober: Prober, request: Request) -> Exchange:
    """An exchange that is recorded as every other is, and not counted as a request of the run."""
    exchange = Exchange(request, prober.oracle.expect(request), prober.reach(request))
    prober.on_exchange(exchange)
    prober.history.sent(exchange)
    return exchange


def _stored(prober: Prober, tenant: Tenant) -> tuple[Policy, Exchange] | None:
    """What is stored for a tenant's first job, None for each field without a value."""
    if prober.target.readback is None:
        return None
    try:
        reader = PolicyReader(prober)
        policy, reading = reader.read(tenant.job_ids[0], tenant=tenant, recorded=False)
    except Unreadable:
        return None  # it may have no policy, or cannot be read; then the run says so later
    return {**dict.fromkeys(reader.fields), **policy}, reading


def _check_first(
    prober: Prober, tenant: Tenant, before: tuple[Policy, Exchange], exchange: Exchange
) -> None:
    """Check that the first request for a job, which names no field, sets none."""
    after = _stored(prober, tenant)
    if after is None:
        return
    (policy, reading), job = after, tenant.job_ids[0]
    evidence = Evidence(
        exchanges=(exchange,),
        project_id=tenant.project_id,
        readable=tuple(policy),
        before={job: before[0]},
        after={job: policy},
        readings=(reading,),
    )
    case = "the first request for a job, with no field at all"
    prober.check("omitted-field-keeps-its-value", evidence, case=case)


def _readback(prober: Prober) -> tuple[Ending, str] | None:
    """Whether a policy can be read that a request has just set."""
    build, readback = prober.bodies, prober.target.readback
    if readback is None:
        return None
    unknown = next((name for name in readback.fields if name not in build.fields), None)
    if unknown is not None:
        hint = did_you_mean(unknown, build.fields)
        return "invalid profile", f"`readback.fields`: the contract has no field `{unknown}`{hint}"
    job = prober.target.tenant.job_ids[0]
    if not _why_unreadable(prober, job):
        return None
    request = prober.request(build.body([build.full(job)]))
    exchange = _sent(prober, request)
    is_ok = exchange.response is not None and exchange.response.status == _OK
    results = exchange.results if is_ok else None  # the reading may have another status, too
    if not results or results[0].get("status") != "success":
        return None  # a scenario reports that
    reason = _why_unreadable(prober, job)
    if not reason:
        return None
    return "invalid profile", (
        f"the policy of job `{job}` cannot be read with `[readback]`, although a request has just"
        f" set it: {reason}; check `path`, `method`, `body`, `policy_pointer` and `fields`"
    )


def _why_unreadable(prober: Prober, job: str) -> str:
    """Why the policy of a job cannot be read; empty if it can."""
    reader = PolicyReader(prober)
    try:
        policy, exchange = reader.read(job, recorded=False)
    except Unreadable as error:
        return str(error)
    readback = prober.target.readback
    named = readback is not None and readback.fields and not readback.kind
    return f"{exchange.request.path} shows none of `fields`" if named and not policy else ""
