"""Recognises in a recording the requests that read a policy back, as the profile describes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from drs_sync_policy import anyjson
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.readback import NotListed, Policy, Unreadable, policy_in
from drs_sync_policy.fuzz.request_maker import JOB_ID, bodies_for
from drs_sync_policy.fuzz.rules.registry import hidden_from
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.traffic.recorded import Recorded


class Readings:
    """The readings of one target; without a `readback` in its profile there are none."""

    def __init__(self, oracle: Oracle) -> None:
        self._readback = readback = oracle.target.readback
        fields = tuple(bodies_for(oracle, oracle.target.tenant.job_ids).fields)
        self.fields: tuple[str, ...] = readback.readable(fields) if readback else fields
        """The fields that can be read."""
        self.limits: dict[str, str] = hidden_from(oracle.target, fields)
        """Which fields cannot be read, for each rule about what is stored."""
        self._places = [*_places(readback.body if readback else None)]
        prefix = urlsplit(oracle.target.url).path.rstrip("/")
        path = readback.path if readback else ""
        pattern = re.escape(prefix + path)
        for name in ("project_id", "job_id"):
            pattern = pattern.replace(re.escape("{" + name + "}"), f"(?P<{name}>[^/?]+)", 1)
        self._path = re.compile(pattern)

    def jobs_of(self, request: Request) -> list[tuple[str, str]] | None:
        """The project and the job of each policy that the request reads; None if it reads none."""
        if self._readback is None or request.method != self._readback.method:
            return None
        match = self._path.fullmatch(request.path)
        if match is None:
            return None
        found = match.groupdict()
        project = unquote(found.get("project_id", ""))
        if "job_id" in found:
            return [(project, unquote(found["job_id"]))]
        try:
            body = ijson.loads(request.body or b"")
        except ijson.NotIJson:
            return []
        jobs = [job for place in self._places for job in _texts(body, place)]
        return [(project, job) for job in dict.fromkeys(jobs)]

    def policy(self, recorded: Recorded, job_id: str, *, may_lack: bool = False) -> Policy | None:
        """The policy of a job that a reading shows; None if it shows none.

        Where a job `may_lack` a policy, a reading that does not find the job shows an empty one.
        """
        if self._readback is None or recorded.response is None:
            return None
        if may_lack and recorded.response.status == 404:
            return {}
        try:
            return policy_in(
                recorded.response, recorded.request, self._readback, self.fields, job_id
            )
        except NotListed:
            return {} if may_lack else None
        except Unreadable:
            return None


def _places(template: Any) -> Iterator[tuple[str | int, ...]]:
    """Where a body names the job."""
    for path, value in anyjson.walk(template):
        if value == JOB_ID:
            yield path


def _texts(body: Any, place: tuple[str | int, ...]) -> Iterator[str]:
    """The texts at a place; where it is in a list, those of all items."""
    if not place:
        yield from (body,) if isinstance(body, str) else ()
        return
    inner = anyjson.as_array(body) if isinstance(place[0], int) else []
    if isinstance(place[0], str) and place[0] in anyjson.as_object(body):
        inner = [anyjson.as_object(body)[place[0]]]
    for node in inner:
        yield from _texts(node, place[1:])
