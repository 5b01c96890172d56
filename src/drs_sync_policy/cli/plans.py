"""What `apply` would change: the policies of a file next to those that a server shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from attrs import frozen

from drs_sync_policy import NOT_READABLE, JobPolicy
from drs_sync_policy.text import as_written

Kind = Literal["+", "~", "=", "?"]

BEFORE_START: Final = "CONFIGURATION"
"""The state between a job's creation and its start. In another one the vendor may reject the
request; it does not say in which (`DRS.M00304`)."""


TO_CHANGE: Final = "to change"
NOT_KNOWN: Final = "not known"
NOT_READ: Final = "not read"
RESULTS: Final = (TO_CHANGE, "as set", "as set (partly read)", NOT_KNOWN, NOT_READ)
"""What a plan says of a job; `not known` if none of the wanted fields can be read."""


@frozen
class Change:
    """A field of a policy: `+` is set, `~` changes, `=` stays, `?` cannot be read."""

    kind: Kind
    field: str
    wanted: Any
    stored: Any = None

    @property
    def difference(self) -> str:
        """What is stored instead."""
        stored = "not set" if self.stored is None else _shown(self.stored)
        return f"{self.field} is {stored} instead of {_shown(self.wanted)}"

    def __str__(self) -> str:
        wanted = _shown(self.wanted)
        if self.kind == "~":
            return f"~ {self.field}: {_shown(self.stored)} -> {wanted}"
        return f"{self.kind} {self.field}: {wanted}"


@frozen
class JobPlan:
    """A job with what would change; if it could not be read, the reason."""

    job_id: str
    status: str = ""
    changes: tuple[Change, ...] = ()
    error_code: str = ""
    error_msg: str = ""

    @property
    def changed(self) -> tuple[Change, ...]:
        """The fields that would change."""
        return tuple(change for change in self.changes if change.kind in "+~")

    @property
    def hidden(self) -> tuple[str, ...]:
        """The wanted fields that cannot be read."""
        return tuple(change.field for change in self.changes if change.kind == "?")

    @property
    def result(self) -> str:
        """One of `RESULTS`."""
        if self.error_code:
            return NOT_READ
        if self.changed:
            return TO_CHANGE
        if not self.hidden:
            return RESULTS[1]
        return NOT_KNOWN if len(self.hidden) == len(self.changes) else RESULTS[2]

    @property
    def may_be_rejected(self) -> bool:
        """Whether its state is one in which the server may reject the request."""
        return bool(self.status) and self.status != BEFORE_START


def plans(items: Iterable[Mapping[str, Any]], policies: Iterable[JobPolicy]) -> list[JobPlan]:
    """The plan for each job of a file, in its order. Of several items, the later wins."""
    shown = {policy.job_id: policy for policy in policies}
    return [_plan(job_id, wanted, shown[job_id]) for job_id, wanted in merged(items).items()]


def merged(items: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The fields of each job, as all of its items leave them (rule `later-items-win`)."""
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        fields = {name: value for name, value in item.items() if name != _JOB}
        found.setdefault(item[_JOB], {}).update(fields)
    return found


_JOB: Final = "job_id"


def _plan(job_id: str, wanted: Mapping[str, Any], policy: JobPolicy) -> JobPlan:
    if not policy.found:
        return JobPlan(job_id, error_code=policy.error_code or "", error_msg=policy.error_msg or "")
    return JobPlan(job_id, policy.status or "", tuple(_changes(wanted, policy)))


def _changes(wanted: Mapping[str, Any], policy: JobPolicy) -> Iterator[Change]:
    for name, value in wanted.items():
        stored = policy[name]
        if stored is NOT_READABLE:
            yield Change("?", name, value)
        elif _same(value, stored):
            yield Change("=", name, value, stored)
        else:
            yield Change("+" if stored is None else "~", name, value, stored)


def _same(wanted: Any, stored: Any) -> bool:
    """Whether two JSON values are equal; an empty text and null both mean that nothing is set."""
    one, other = (None if value == "" else value for value in (wanted, stored))
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def unreadable(found: Sequence[JobPlan]) -> tuple[str, ...]:
    """The fields that could not be read, of any job."""
    return tuple(dict.fromkeys(name for plan in found for name in plan.hidden))


def _shown(value: Any) -> str:
    return as_written(value) or '""'
