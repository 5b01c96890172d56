"""One call of one job, by a client of these options."""

from __future__ import annotations

import asyncio
from typing import Any

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    ConflictPolicy,
    Outcome,
    SyncPolicyClient,
    SyncPolicyReq,
)

JOBS = [SyncPolicyReq(job_id="a", conflict_policy=ConflictPolicy.STOP, ddl_trans=False)]


DONE = {"count": 1, "results": [{"id": "a", "status": "success"}]}


def make(**options: Any) -> SyncPolicyClient:
    """A client of project `p`."""
    return SyncPolicyClient(**{"project_id": "p", "auth": "t", **options})


def call(**options: Any) -> Outcome:
    """The call by the sync client."""
    with make(**options) as drs:
        return drs.set_policies(JOBS)


def call_async(**options: Any) -> Outcome:
    """The call by the async client."""

    async def send() -> Outcome:
        async with AsyncSyncPolicyClient(**{"project_id": "p", "auth": "t", **options}) as drs:
            return await drs.set_policies(JOBS)

    return asyncio.run(send())
