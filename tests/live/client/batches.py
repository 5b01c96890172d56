"""Many jobs by each of the two clients, and a server that carries them out."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from drs_sync_policy import AsyncSyncPolicyClient, Batches, Outcome, SyncPolicyClient, SyncPolicyReq
from tests.wire import Act, Wire, carries_out


def jobs(count: int) -> list[SyncPolicyReq]:
    return [SyncPolicyReq(job_id=f"job-{n}") for n in range(count)]


class Echo:
    """A server that sets all policies, but responds to `failing` requests in another way."""

    def __init__(self, failing: dict[str, Act] | None = None) -> None:
        self.failing = failing or {}
        self.asked: list[list[str]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.server: Wire | None = None
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket) -> bool:
        assert self.server is not None
        request = self.server.last_from[connection.getpeername()[1]]
        ids = [job["job_id"] for job in request.json()["jobs"]]
        with self._lock:
            self.asked.append(ids)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        threading.Event().wait(0.01)
        with self._lock:
            self.at_once -= 1
        return self.failing.get(ids[0], partial(carries_out, self.server))(connection)


def set_policies_sync(
    url: str, items: list[SyncPolicyReq], batches: Batches, **options: Any
) -> Outcome:
    with SyncPolicyClient(
        base_url=url, project_id="p", auth="t", batches=batches, retries=None
    ) as drs:
        return drs.set_policies(items, **options)


def set_policies_async(
    url: str, items: list[SyncPolicyReq], batches: Batches, **options: Any
) -> Outcome:
    async def call() -> Outcome:
        async with AsyncSyncPolicyClient(
            base_url=url, project_id="p", auth="t", batches=batches, retries=None
        ) as drs:
            return await drs.set_policies(items, **options)

    return asyncio.run(call())


SetPolicies = Callable[..., Outcome]
