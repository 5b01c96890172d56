"""Recognises in a recording the requests that read a policy back, as the profile describes them."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.readback import Policy, Unreadable, policy_in
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.traffic.recorded import Recorded


def _bodies(oracle: Oracle) -> Bodies:
    schema = next(iter(oracle.operation.request.values()))
    return Bodies(oracle.contract, schema, oracle.target.tenant.job_ids)


class Readings:
    """The readings of one target; without a `readback` in its profile there are none."""

    def __init__(self, oracle: Oracle) -> None:
        self._readback = oracle.target.readback
        self.fields: tuple[str, ...] = tuple(_bodies(oracle).fields)
        prefix = urlsplit(oracle.target.url).path.rstrip("/")
        path = self._readback.path if self._readback else ""
        pattern = re.escape(prefix + path)
        for name in ("project_id", "job_id"):
            pattern = pattern.replace(re.escape("{" + name + "}"), f"(?P<{name}>[^/?]+)", 1)
        self._path = re.compile(pattern)

    def job_of(self, request: Request) -> tuple[str, str] | None:
        """The project and the job whose policy the request reads; None if it reads none."""
        if self._readback is None or request.method != self._readback.method:
            return None
        match = self._path.fullmatch(request.path)
        if match is None:
            return None
        found = match.groupdict()
        return unquote(found.get("project_id", "")), unquote(found.get("job_id", ""))

    def policy(self, recorded: Recorded) -> Policy | None:
        """The policy that a reading shows; None if it shows none."""
        if self._readback is None or recorded.response is None:
            return None
        try:
            return policy_in(recorded.response, recorded.request, self._readback, self.fields)
        except Unreadable:
            return None
