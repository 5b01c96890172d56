"""The policies that a run overwrites: read before it, set again after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from drs_sync_policy.fuzz.prober import Prober, TargetDown
from drs_sync_policy.fuzz.readback import Policy, PolicyReader, Unreadable, differences
from drs_sync_policy.fuzz.target.http import NoResponse, Stopped, Throttled, Unreachable
from drs_sync_policy.fuzz.target.profile import Target, Tenant

_NO_RESPONSE = (NoResponse, Stopped, TargetDown, Throttled, Unreachable)


@frozen
class Restored:
    """The jobs that a run may have changed: those as before, and the others with the reason.

    Jobs are as before in the fields that can be read.
    """

    as_before: tuple[str, ...] = ()
    changed: Mapping[str, str] = field(factory=dict[str, str])
    hidden: tuple[str, ...] = ()
    """The fields that cannot be read. Of each job they may be changed."""

    @property
    def reasons(self) -> dict[str, list[str]]:
        """The jobs that may be changed, by the reason that they share."""
        by_reason: dict[str, list[str]] = {}
        for job, reason in self.changed.items():
            by_reason.setdefault(reason, []).append(job)
        return by_reason


def jobs(target: Target) -> tuple[str, ...]:
    """The jobs whose policies a run overwrites."""
    return tuple(job for _, job in _jobs(target))


def _jobs(target: Target) -> Iterator[tuple[Tenant, str]]:
    for tenant in target.tenants:
        yield from ((tenant, job) for job in tenant.job_ids)


class Originals:
    """The policies before a run."""

    def __init__(self, prober: Prober) -> None:
        """Read them; no request of this counts. `TargetDown` if the server is not there."""
        self._prober = prober
        self._hidden = prober.target.hidden(prober.bodies.fields)
        self._known: dict[str, Policy] = {}
        self._unknown: dict[str, str] = {}
        failed = ""
        for tenant, job in _jobs(prober.target):
            try:
                self._known[job] = {} if failed else self._read(tenant, job)
            except Unreadable as error:
                self._unknown[job] = f"the policy could not be read before the run: {error}"
            except (NoResponse, Throttled):
                failed = "the policy could not be read before the run: no response"
            if failed:
                self._known.pop(job, None)
                self._unknown[job] = failed

    def restore(self) -> Restored:
        """Set each policy that is not as before; what cannot be set is in the result."""
        restored: list[str] = []
        changed = dict(self._unknown)
        failed = ""
        for tenant, job in _jobs(self._prober.target):
            if job not in self._known:
                continue
            try:
                reason = failed or self._put_back(tenant, job, self._known[job])
            except Unreadable as error:
                reason = f"the policy could not be read after the run: {error}"
            except _NO_RESPONSE:
                reason = failed = "the server did not respond after the run"
            if reason:
                changed[job] = reason
            else:
                restored.append(job)
        return Restored(tuple(restored), changed, self._hidden)

    def abandoned(self, reason: str) -> Restored:
        """That nothing was set again, for this reason."""
        changed = {**dict.fromkeys(self._known, reason), **self._unknown}
        return Restored((), changed, self._hidden)

    def _put_back(self, tenant: Tenant, job: str, before: Policy) -> str:
        """Empty if the job has its policy again, else why not."""
        if not self._differs(tenant, job, before):
            return ""
        if not before:
            return "it had no policy before, and no request removes one"
        body = self._prober.bodies.body([{"job_id": job, **before}])
        self._prober.reach(self._prober.request(body, tenant=tenant))
        wrong = self._differs(tenant, job, before)
        names = ", ".join(f"`{name}`" for name in wrong)
        return f"the policy that it had could not be set again: {names} differ" if wrong else ""

    def _differs(self, tenant: Tenant, job: str, before: Policy) -> list[str]:
        now = self._read(tenant, job)
        return [*differences(before, now), *(name for name in now if name not in before)]

    def _read(self, tenant: Tenant, job: str) -> Policy:
        reader = PolicyReader(self._prober)
        return reader.read(job, tenant=tenant, may_lack=True, recorded=False)[0]
