"""Reading policies for a verb: those of named jobs, or of all synchronization jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import click

from drs_sync_policy import AsyncSyncPolicyClient, JobInfo, JobPolicy, NotFoundError
from drs_sync_policy.cli import sending

_OPTIONAL = (
    "Reading policies is an optional operation: perhaps this server does not have it, or the URL"
    " leads elsewhere."
)


def read(
    client: AsyncSyncPolicyClient, job_ids: Sequence[str] | None, *, manner: sending.Manner
) -> tuple[list[JobPolicy], int]:
    """The policies of these jobs, or of all synchronization jobs for None; and the exit code.

    As for `sending.send`, an error is printed and ends in a code.
    """
    found: list[JobPolicy] = []

    async def call() -> None:
        async with client:
            named = job_ids
            if named is None:
                named = [job.id for job in await client.list_jobs()]
            if not named:
                return
            with manner.bar(len(named), "Reading policies") as bar:
                found.extend(await client.get_policies(named, progress=bar.moved))

    return found, _done(call)


def listed(client: AsyncSyncPolicyClient) -> tuple[list[JobInfo], int]:
    """All synchronization jobs of the project, and the exit code."""
    found: list[JobInfo] = []

    async def call() -> None:
        async with client:
            found.extend(await client.list_jobs())

    return found, _done(call)


def _done(call: Callable[[], Coroutine[Any, Any, None]]) -> int:
    def work() -> None:
        try:
            asyncio.run(call())
        except NotFoundError:
            click.echo(_OPTIONAL, err=True)
            raise

    return sending.guarded(work)
