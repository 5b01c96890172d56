"""What the target says is stored for a job, read back over the way that its profile names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drs_sync_policy import anyjson
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.prober import GATEWAY, NOT_SENT, Prober
from drs_sync_policy.fuzz.request_maker import JOB_ID
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Readback, Tenant

Policy = Mapping[str, Any]

PROBE: Final = "x_unknown_probe"
"""A field that the contract does not describe: if it was sent, it must not be found stored."""
_ERROR: Final = "error_code"
"""With it, an item of a list says that its job could not be read."""
_NOTHING_THERE: Final = (ValueError, KeyError, IndexError, TypeError)

NOTHING_EXPECTED: Final = Expectation("", None)


class Unreadable(Exception):
    """What is stored could not be read; the text says why."""


class NotListed(Unreadable):
    """The response has no entry for the job."""


class PolicyReader:
    """Reads policies back. Any thread may use it."""

    def __init__(self, prober: Prober) -> None:
        readback = prober.target.readback
        if readback is None:
            raise Unreadable("the profile has no `readback`")
        self._readback: Readback = readback
        self._prober = prober
        self.fields: tuple[str, ...] = readback.readable(prober.bodies.fields)
        """The fields that can be read; what is not stored is left out of a policy."""

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
        request = self._prober.reading(tenant, job_id)
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
        try:
            policy = policy_in(response, request, self._readback, self.fields, job_id)
        except NotListed:
            if may_lack:
                return {}, exchange
            raise
        if recorded:
            self._prober.history.read(tenant, job_id, policy, exchange)
        return policy, exchange


def policy_in(
    response: Response, request: Request, readback: Readback, fields: Iterable[str], job_id: str
) -> Policy:
    """The stored fields that the response to a reading of this job shows.

    Raises `Unreadable` if it shows none, `NotListed` if it lists other jobs alone.
    """
    if response.status != 200:
        raise Unreadable(f"{request.method} {request.path} responded {response.status}")
    try:
        value = ijson.loads(response.body)
    except ijson.NotIJson as error:
        raise Unreadable(f"the response of {request.path} is not I-JSON: {error}") from None
    try:
        found = _of_job(value, readback.policy_pointer, job_id)
    except _NOTHING_THERE as error:
        raise Unreadable(
            f"the response of {request.path} does not have `{readback.policy_pointer}`: {error}"
        ) from None
    if not anyjson.is_object(found):
        raise Unreadable(f"`{readback.policy_pointer}` does not point to an object")
    stored = {name: _at(found, readback.pointer(name)) for name in (*fields, PROBE)}
    if found.get(_ERROR) and all(value is None for value in stored.values()):
        raise Unreadable(
            f"the response of {request.path} shows {found[_ERROR]} instead of a policy"
        )
    return {name: value for name, value in stored.items() if not readback.means_none(value)}


def _of_job(value: Any, pointer: str, job_id: str) -> Any:
    """What a pointer points to; `NAME={job_id}` selects the item of a list whose `NAME` it is."""
    for token in anyjson.tokens(pointer):
        name, _, selected = token.rpartition("=")
        if not anyjson.is_array(value):
            value = value[token.replace(JOB_ID, job_id)]
        elif name and selected == JOB_ID:
            items = (item for item in anyjson.objects(value) if item.get(name) == job_id)
            value = next(items, None)
            if value is None:
                raise NotListed(f"no item of the list has the `{name}` {job_id!r}")
        else:
            value = value[int(token)]
    return value


def _at(policy: Any, pointer: str) -> Any:
    """The value of a field, None if the policy does not have it."""
    try:
        return anyjson.at(policy, pointer)
    except _NOTHING_THERE:
        return None


def differences(wanted: Policy, found: Policy) -> list[str]:
    """The fields of `wanted` that are stored otherwise."""
    return [
        name for name in wanted if name not in found or not ijson.same(wanted[name], found[name])
    ]
