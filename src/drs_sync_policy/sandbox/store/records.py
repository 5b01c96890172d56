"""Values that the store accepts and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from attrs import asdict, field, frozen


@frozen
class Item:
    """What one item of a batch asks for: the job, and the fields to set."""

    job_id: str
    fields: Mapping[str, Any]


@frozen
class Batch:
    """The items of one request, in its order, all of one project."""

    project_id: str
    items: tuple[Item, ...]


ItemResult = str | None
"""The error code of a failed item, or None if it succeeded."""


@frozen
class Job:
    """A job as it is stored."""

    project_id: str
    job_id: str
    state: str
    policy: Mapping[str, Any] = field(factory=dict[str, Any])

    def as_json(self) -> dict[str, Any]:
        """The job as plain data, for JSON and for its table."""
        return {**asdict(self, recurse=False), "policy": dict(self.policy)}


@frozen
class Principal:
    """Who sent a request: the project that the credentials belong to."""

    project_id: str


@frozen
class Account:
    """A user of IAM, the project that it is for, and its access key."""

    domain: str
    user: str
    project_id: str
    project: str
    secret_key: str = field(repr=False)


class Policies(Protocol):
    """The part of the store that operations use."""

    async def apply(self, batch: Batch) -> Sequence[ItemResult]:
        """Set the policies of `batch` in one transaction; one result for each item, in order."""
        ...

    async def principal(self, token: str) -> Principal | None:
        """Whose token this is, or None if it is unknown or has expired."""
        ...

    async def job(self, project_id: str, job_id: str) -> Job | None:
        """The job, or None if the project has no job of that id."""
        ...

    async def jobs(self, project_id: str) -> Sequence[Job]:
        """The jobs of a project, by id."""
        ...

    async def named(self, project_id: str, ids: Sequence[str]) -> Mapping[str, Job]:
        """The jobs of a project that have these ids."""
        ...
