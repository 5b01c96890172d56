"""One call by each client, and what its error must never lack or show."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    DrsError,
    Outcome,
    Retries,
    SyncPolicyClient,
    SyncPolicyReq,
    Timeouts,
)

TOKEN = "secret-token-value"
JOBS = [SyncPolicyReq(job_id="a"), SyncPolicyReq(job_id="b")]
RESULTS = [{"id": "a", "status": "success"}, {"id": "b", "status": "success"}]
DONE = {"count": 2, "results": RESULTS}
# Long enough for a machine that is busy with other work; only what hangs needs short ones.
PATIENT = Timeouts(connect=10.0, read=10.0, write=10.0, pool=10.0, total=25.0)
SHORT = Timeouts(connect=5.0, read=1.0, total=20.0)
QUICK = Retries(attempts=3, first_wait=0.01, longest_wait=0.5)

Call = Callable[..., Outcome]


def call_sync(url: str, *, times: int = 1, **options: Any) -> Outcome:
    options = {"timeouts": PATIENT, "retries": None, **options}
    with SyncPolicyClient(base_url=url, project_id="p", auth=TOKEN, **options) as drs:
        return [drs.set_policies(JOBS) for _ in range(times)][-1]


def call_async(url: str, *, times: int = 1, **options: Any) -> Outcome:
    async def call() -> Outcome:
        given = {"timeouts": PATIENT, "retries": None, **options}
        async with AsyncSyncPolicyClient(base_url=url, project_id="p", auth=TOKEN, **given) as drs:
            return [await drs.set_policies(JOBS) for _ in range(times)][-1]

    return asyncio.run(call())


def failure(call: Call, url: str, **options: Any) -> DrsError:
    """The error that a call ends with, which must come in time and show no secret."""
    begun = time.monotonic()
    with pytest.raises(DrsError) as caught:
        call(url, **options)
    assert time.monotonic() - begun < 30.0, "no call outlasts its total timeout"
    error = caught.value
    shown = "".join(traceback.TracebackException.from_exception(
        error, capture_locals=True).format())  # fmt: skip
    ours = [line for line in shown.splitlines() if "TOKEN" not in line]
    assert TOKEN not in "\n".join(ours)
    assert TOKEN not in repr(vars(error))
    assert error.outcome is not None
    assert [job.job_id for job in error.outcome] == ["a", "b"]
    return error


def states(error: DrsError) -> set[str]:
    assert error.outcome is not None
    return {job.state for job in error.outcome}


def whole(body: bytes, *headers: str, status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
