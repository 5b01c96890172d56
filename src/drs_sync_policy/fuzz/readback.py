"""What the target says is stored for a job, read back over the way that its profile names."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from drs_sync_policy import anyjson
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.prober import GATEWAY, NOT_SENT, Prober
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Readback, Tenant
from drs_sync_policy.fuzz.verdict import Exchange

Policy = Mapping[str, Any]

PROBE: Final = "x_unknown_probe"
"""A field that the contract does not describe: if it was sent, it must not be found stored."""


NOTHING_EXPECTED: Final = Expectation("", None)


class Unreadable(Exception):  # noqa: N818 - it is no error of ours
    """What is stored could not be read; the text says why."""


class PolicyReader:
    """Reads policies back. Any thread may use it."""

    def __init__(self, prober: Prober, fields: Iterable[str]) -> None:
        readback = prober.target.readback
        if readback is None:
            raise Unreadable("the profile has no `readback`")
        self._readback: Readback = readback
        self._prober = prober
        self._prefix = prober.path("").partition("/v3/")[0]
        self.fields: tuple[str, ...] = tuple(fields)

    def read(
        self,
        job_id: str,
        *,
        tenant: Tenant | None = None,
        may_lack: bool = False,
        recorded: bool = True,
    ) -> tuple[Policy, Exchange]:
        """The stored fields of a job, and the exchange that read them; `Unreadable` if it fails.

        Where a job `may_lack` a policy, 404 means that it has none. What is `recorded` counts as a
        request of the run, and as known of the job.
        """
        tenant = tenant or self._prober.target.tenant
        path = self._readback.path.replace("{project_id}", quote(tenant.project_id, safe=""))
        credential = self._prober.oracle.operation.security_headers[0]
        request = Request(
            method=self._readback.method,
            path=self._prefix + path.replace("{job_id}", quote(job_id, safe="")),
            headers=((credential, tenant.token),),
            secret=frozenset({credential.lower()}),
        )
        if recorded and self._prober.unsent:
            return {}, Exchange(request, NOTHING_EXPECTED, silence=NOT_SENT)
        response = self._prober.reach(request)
        if response.status in GATEWAY:
            response = self._prober.reach(request)
        if recorded:
            self._prober.ledger.count_request(response.status)
        exchange = Exchange(request, NOTHING_EXPECTED, response)
        self._prober.on_exchange(exchange)
        if response.status == 404 and may_lack:
            return {}, exchange
        policy = policy_in(response, request, self._readback, self.fields)
        if recorded:
            self._prober.history.read(tenant, job_id, policy, exchange)
        return policy, exchange


def policy_in(
    response: Response, request: Request, readback: Readback, fields: Iterable[str]
) -> Policy:
    """The stored fields that the response to a reading shows; `Unreadable` if it shows none."""
    if response.status != 200:
        raise Unreadable(f"{request.method} {request.path} responded {response.status}")
    try:
        value = ijson.loads(response.body)
    except ijson.NotIJson as error:
        raise Unreadable(f"the response of {request.path} is no I-JSON: {error}") from None
    try:
        found = anyjson.at(value, readback.policy_pointer)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Unreadable(
            f"the response of {request.path} lacks `{readback.policy_pointer}`: {error}"
        ) from None
    if not isinstance(found, dict):
        raise Unreadable(f"`{readback.policy_pointer}` points to no object")
    return {name: found[name] for name in (*fields, PROBE) if name in found}


def differences(wanted: Policy, found: Policy) -> list[str]:
    """The fields of `wanted` that are stored otherwise."""
    return [
        name for name in wanted if name not in found or not ijson.same(wanted[name], found[name])
    ]
