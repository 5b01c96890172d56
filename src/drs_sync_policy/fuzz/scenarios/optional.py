"""The optional operations that the profile names: the contract's examples, with jobs of the target.

Each example is sent for the tenant's own jobs, for jobs of the other tenant, and with credentials
that are wrong. Nothing here knows an operation: a further one is sent, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drs_sync_policy.fuzz.cases.examples import with_jobs
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.scenarios.scenario import Scenario

_WRONG: Final = "no-such-token"


def _optional(prober: Prober) -> None:
    prober.send_all(
        case
        for oracle in prober.oracle.others
        if oracle.operation.optional
        for case in cases(prober, oracle)
    )


def cases(prober: Prober, oracle: Oracle) -> Iterator[Case]:
    """The requests for one operation, each with what it is."""
    target, name = prober.target, oracle.operation.id
    tenant, other = target.tenant, target.other
    token = oracle.operation.security_headers[0]
    for title, example in oracle.operation.request_examples.items():
        words = f"`{name}`, {title.replace('_', ' ')}"
        body: Any = with_jobs(oracle.contract, example, tenant.job_ids)
        request = prober.request(body, of=oracle)
        yield Case(request, f"the example of {words}")
        yield Case(request.with_header(token, None), f"{words}, without a token")
        yield Case(request.with_header(token, _WRONG), f"{words}, with an unknown token")
        if other:
            foreign: Any = with_jobs(oracle.contract, example, other.job_ids)
            yield Case(prober.request(foreign, of=oracle), f"{words}, for jobs of another project")
            yield Case(
                prober.request(foreign, of=oracle, project_id=other.project_id),
                f"{words}, in another project",
            )


SCENARIOS: Final = (Scenario("optional operations", _optional, required=True),)
