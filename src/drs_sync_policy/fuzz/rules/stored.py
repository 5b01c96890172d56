"""What exchanges set, worked out once for the checks of what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules.evidence import Evidence, Policy
from drs_sync_policy.fuzz.rules.problem import Skip


class State:
    """Evidence about stored policies, with what each exchange set worked out once."""

    def __init__(self, oracle: Oracle, evidence: Evidence) -> None:
        self.oracle = oracle
        self.exchanges: tuple[Exchange, ...] = evidence.exchanges
        self.before: Mapping[str, Policy] = evidence.before
        self.after: Mapping[str, Policy] = evidence.after
        self.project_id: str = evidence.project_id
        self._readable = frozenset(evidence.readable)
        self._readback = oracle.target.readback

    @cached_property
    def _sets(self) -> tuple[dict[str, list[Policy]] | None, ...]:
        return tuple(map(self._set_by, self.exchanges))

    def _set_by(self, exchange: Exchange) -> dict[str, list[Policy]] | None:
        """The fields of each item that succeeded, by job; None if that is not known."""
        if exchange.response is None:
            return None
        tenant = exchange.expectation.tenant
        if (
            not 200 <= exchange.response.status < 300
            or tenant is None
            or tenant.project_id != self.project_id
        ):
            return {}
        results, items = exchange.results, exchange.expectation.items
        if results is None or len(results) != len(items):
            return None
        found: dict[str, list[Policy]] = {}
        for item, result in zip(items, results, strict=True):
            if item[JOB] in self.after and result.get("status") == "success":
                found.setdefault(item[JOB], []).append(self.readable(item))
        return found

    def readable(self, item: Policy) -> Policy:
        """What of an item can be read back; None for a value that is read as none."""
        return {
            name: None if self._readback and self._readback.means_none(value) else value
            for name, value in item.items()
            if name in self._readable
        }

    def changes(self, job: str, first: int = 0) -> list[Policy]:
        """The items of a job that succeeded, from the exchange `first`; `Skip` if not known."""
        found: list[Policy] = []
        for sets in self._sets[first:]:
            if sets is None:
                raise Skip
            found += sets.get(job, ())
        return found

    def merged(self, job: str, first: int = 0) -> dict[str, Any]:
        """The fields that were set of a job, each with its last value."""
        return merge(self.changes(job, first))

    def changed(self) -> list[str]:
        """The jobs that were read and set."""
        return [job for job in self.after if self.changes(job)]

    def has_several(self, job: str) -> bool:
        """Whether one exchange has several items of a job."""
        return any(len((sets or {}).get(job, ())) > 1 for sets in self._sets)

    def model(self) -> dict[str, dict[str, Any]]:
        """What should be stored for each job that was read."""
        return {job: {**self.before.get(job, {}), **self.merged(job)} for job in self.after}

    def set_by(self, place: int) -> dict[tuple[str, str], Any]:
        """The values that one exchange sets, by job and field."""
        sets = self._sets[place]
        if sets is None:
            raise Skip
        return {
            (job, name): value
            for job, items in sets.items()
            for name, value in merge(items).items()
        }


def merge(items: Iterable[Policy]) -> dict[str, Any]:
    """The fields of these items, each with its last value."""
    return {name: value for item in items for name, value in item.items()}
