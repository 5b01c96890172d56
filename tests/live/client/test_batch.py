"""Any number of jobs: cut into requests, sent at the same time, and nothing lost."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

import httpx
import pytest

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    Batches,
    JobState,
    Outcome,
    PasswordAuth,
    SyncPolicyClient,
    SyncPolicyReq,
    WrongUseError,
)
from drs_sync_policy.runtime import errors
from tests.live.client.batches import Echo, SetPolicies, jobs, set_policies_sync
from tests.wire import Wire, carries_out, says, wire


def test_jobs_are_cut_by_count_and_kept_in_order(set_policies: SetPolicies) -> None:
    """25 jobs in requests of 10 are three requests, and one outcome in the order given."""
    echo = Echo()
    with wire(then=echo) as server:
        echo.server = server
        outcome = set_policies(server.url, jobs(25), Batches(jobs=10, concurrency=3))
    assert sorted(len(ids) for ids in echo.asked) == [5, 10, 10]
    assert [job.job_id for job in outcome] == [f"job-{n}" for n in range(25)]
    assert [job.index for job in outcome] == list(range(25))
    assert outcome.ok
    assert outcome.succeeded == list(outcome)


@pytest.mark.parametrize("concurrency", [1, 2, 4])
def test_no_more_requests_run_at_once_than_allowed(
    set_policies: SetPolicies, concurrency: int
) -> None:
    """The number of requests at the same time is bounded."""
    echo = Echo()
    with wire(then=echo) as server:
        echo.server = server
        set_policies(server.url, jobs(12), Batches(jobs=1, concurrency=concurrency))
    assert 1 <= echo.most_at_once <= concurrency


def test_progress_is_reported_after_each_request(set_policies: SetPolicies) -> None:
    """The callback sees the jobs that are done grow up to all."""
    echo, seen = Echo(), list[tuple[int, int]]()
    with wire(then=echo) as server:
        echo.server = server
        set_policies(
            server.url, jobs(10), Batches(jobs=3), progress=lambda *done: seen.append(done)
        )
    assert [total for _, total in seen] == [10] * 4
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (10, 10)


def test_a_job_that_is_there_twice_is_sent_in_order(set_policies: SetPolicies) -> None:
    """The later item wins, which holds among requests only if they go one after the other."""
    items = [*jobs(4), SyncPolicyReq(job_id="job-0", index_trans=True)]
    echo = Echo()
    with wire(then=echo) as server:
        echo.server = server
        outcome = set_policies(server.url, items, Batches(jobs=2, concurrency=4))
    assert echo.asked == [["job-0", "job-1"], ["job-2", "job-3"], ["job-0"]]
    assert echo.most_at_once == 1
    assert len(outcome) == 5
    assert outcome.ok


def test_what_was_said_before_a_failure_is_kept(set_policies: SetPolicies) -> None:
    """If a later request is rejected, the results of the others are in the outcome."""
    refused = says(403, {"error_code": "DRS.M00261", "error_msg": "no"})
    with (
        wire(lambda c: carries_out(server, c), lambda c: carries_out(server, c), refused) as server,
        pytest.raises(errors.ForbiddenError) as caught,
    ):
        set_policies(server.url, jobs(10), Batches(jobs=2, concurrency=1))
    outcome = caught.value.outcome
    assert outcome is not None
    states = [job.state for job in outcome]
    assert states[:4] == [JobState.SUCCEEDED] * 4
    assert states[4:6] == [JobState.REFUSED] * 2
    assert states[6:] == [JobState.NOT_SENT] * 4
    assert outcome[4].error_code == "DRS.M00261"
    assert outcome[4].remedy
    assert outcome.counts == {
        JobState.SUCCEEDED: 4, JobState.REFUSED: 2, JobState.NOT_SENT: 4,
    }  # fmt: skip


def test_requests_under_way_are_heard_out_after_a_failure(set_policies: SetPolicies) -> None:
    """The results of requests that were sent already count, even if another request fails."""
    echo = Echo({"job-0": says(500, {"error_code": "DRS.M00004", "error_msg": "x"})})
    with wire(then=echo) as server:
        echo.server = server
        with pytest.raises(errors.InternalServerError) as caught:
            set_policies(server.url, jobs(40), Batches(jobs=1, concurrency=4))
    outcome = caught.value.outcome
    assert outcome is not None
    answered = {ids[0] for ids in echo.asked} - {"job-0"}
    assert {job.job_id for job in outcome.succeeded} == answered
    assert outcome[0].state is JobState.UNKNOWN
    assert len(outcome) == 40
    assert JobState.NOT_SENT in outcome.counts


def by_family(server: Wire, connection: socket.socket, *, end_at: str = "") -> bool:
    """A server that says 400 where a job fails, with the results of all, as this family may."""
    asked = [j["job_id"] for j in server.last_from[connection.getpeername()[1]].json()["jobs"]]
    if end_at in asked:
        return says(403, {"error_code": "DRS.M00261", "error_msg": "no"})(connection)
    failed = {"status": "failed", "error_code": "DRS.M00304", "error_msg": "x"}
    results = [
        {"id": job, **(failed if job in ("job-0", "job-5") else {"status": "success"})}
        for job in asked
    ]
    bad = any(result["status"] == "failed" for result in results)
    body = {"results": results, "count": len(results)}
    return says(400 if bad else 200, body)(connection)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_refusal_with_all_results_ends_no_call(
    set_policies: SetPolicies, concurrency: int
) -> None:
    """Where a 400 says what became of each job, the others are sent; it is raised at the end."""
    seen: list[tuple[int, int]] = []
    batches = Batches(jobs=2, concurrency=concurrency)
    with (
        wire(then=lambda c: by_family(server, c)) as server,
        pytest.raises(errors.BadRequestError) as caught,
    ):
        set_policies(server.url, jobs(12), batches, progress=lambda *done: seen.append(done))
    outcome = caught.value.outcome
    assert outcome is not None
    assert [job.job_id for job in outcome.failed] == ["job-0", "job-5"]
    assert len(outcome.succeeded) == 10
    assert seen[-1] == (12, 12)
    assert len(seen) == 6


@pytest.mark.parametrize("concurrency", [1, 3])
def test_what_ended_a_call_is_raised_before_failed_jobs(
    set_policies: SetPolicies, concurrency: int
) -> None:
    """After a rejection with results, one of the whole request ends the call and is its error."""
    batches = Batches(jobs=1, concurrency=concurrency)
    with (
        wire(then=lambda c: by_family(server, c, end_at="job-7")) as server,
        pytest.raises(errors.ForbiddenError) as caught,
    ):
        set_policies(server.url, jobs(30), batches)
    outcome = caught.value.outcome
    assert outcome is not None
    assert [job.job_id for job in outcome.failed] == ["job-0", "job-5"]
    assert outcome[7].state is JobState.REFUSED
    assert JobState.NOT_SENT in outcome.counts


def test_a_cancelled_task_leaves_a_truthful_record() -> None:
    """After a cancellation the record shows what is done, unknown, and not sent."""
    record = Outcome()
    second = threading.Event()

    def blocks(connection: socket.socket) -> bool:
        second.set()
        connection.recv(1)
        return False

    async def call(url: str) -> None:
        async with AsyncSyncPolicyClient(
            base_url=url, project_id="p", auth="t", batches=Batches(jobs=1, concurrency=1)
        ) as drs:
            task = asyncio.ensure_future(drs.set_policies(jobs(4), record=record))
            await asyncio.to_thread(second.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with wire(lambda c: carries_out(server, c), blocks) as server:
        asyncio.run(call(server.url))
    assert [str(job.state) for job in record] == ["succeeded", "unknown", "not sent", "not sent"]
    assert [job.job_id for job in record.undecided] == ["job-1", "job-2", "job-3"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_an_interruption_leaves_a_truthful_record(concurrency: int) -> None:
    """Ctrl-C in the middle of a call ends it, and the record shows what is known."""
    record = Outcome()
    echo = Echo()

    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    batches = Batches(jobs=1, concurrency=concurrency)
    with wire(then=echo) as server:
        echo.server = server
        with pytest.raises(KeyboardInterrupt):
            set_policies_sync(server.url, jobs(30), batches, record=record, progress=interrupted)
    assert len(record) == 30
    assert record.succeeded
    assert {job.job_id for job in record.succeeded} <= {ids[0] for ids in echo.asked}
    assert JobState.NOT_SENT in record.counts


INTERRUPTED_CALL = """
import sys
from drs_sync_policy import Batches, Outcome, SyncPolicyClient, SyncPolicyReq

record = Outcome()
jobs = [SyncPolicyReq(job_id=f"job-{n}") for n in range(6)]
with SyncPolicyClient(
    base_url=sys.argv[1], project_id="p", auth="t", batches=Batches(jobs=1, concurrency=2)
) as drs:
    try:
        drs.set_policies(jobs, record=record, progress=lambda done, total: print(done, flush=True))
    except KeyboardInterrupt:
        print(*(job.state.name for job in record), flush=True)
"""


def test_a_call_that_ends_while_it_logs_in_sent_no_job() -> None:
    """The login sends no jobs, so an interruption of it leaves no job unknown."""

    def interrupted(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v3/auth/tokens"
        raise KeyboardInterrupt

    def cancelled(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v3/auth/tokens"
        raise asyncio.CancelledError

    async def call_async() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(cancelled)) as mine:
            options: dict[str, Any] = {"auth": auth, "http_client": mine}
            drs = AsyncSyncPolicyClient(base_url=iam_url, project_id="p", **options)
            await drs.set_policies(jobs(1), record=second)

    iam_url = "http://127.0.0.1:9"
    auth, first, second = (
        PasswordAuth("user", "password", "domain", iam_url=iam_url),
        Outcome(),
        Outcome(),
    )
    with httpx.Client(transport=httpx.MockTransport(interrupted)) as mine:
        drs = SyncPolicyClient(base_url=iam_url, project_id="p", auth=auth, http_client=mine)
        with pytest.raises(KeyboardInterrupt):
            drs.set_policies(jobs(1), record=first)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(call_async())
    assert [job.state for job in (*first, *second)] == [JobState.NOT_SENT] * 2


def test_ctrl_c_waits_for_no_request() -> None:
    """SIGINT ends a call whose requests hang: nothing more is sent, and the record is true."""
    both_hang = threading.Barrier(3)
    dropped = threading.Semaphore(0)

    def responds_or_hangs(connection: socket.socket) -> bool:
        asked = server.last_from[connection.getpeername()[1]].json()["jobs"][0]["job_id"]
        if asked == "job-0":
            return carries_out(server, connection)
        both_hang.wait(30)
        connection.recv(1)
        dropped.release()
        return False

    with wire(then=responds_or_hangs) as server:
        command = [sys.executable, "-c", INTERRUPTED_CALL, server.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "1\n"
                both_hang.wait(30)
                process.send_signal(signal.SIGINT)
                # Far below the 30 s that a read may take, and far above what a busy machine needs.
                said, _ = process.communicate(timeout=15)
            finally:
                process.kill()
        assert dropped.acquire(timeout=10)
        assert dropped.acquire(timeout=10)
        assert len(server.heard) == 3
    assert said.split() == ["SUCCEEDED", *["UNKNOWN"] * 2, *["NOT_SENT"] * 3]
    assert process.returncode == 0


def test_a_record_serves_one_call() -> None:
    """Two calls in one record would mix, so the second raises `WrongUseError`."""
    record = Outcome()
    with wire(then=lambda c: carries_out(server, c)) as server:
        set_policies_sync(server.url, jobs(1), Batches(), record=record)
        with pytest.raises(WrongUseError, match="its own"):
            set_policies_sync(server.url, jobs(1), Batches(), record=record)


def test_a_hundred_thousand_jobs() -> None:
    """A call of 100,000 jobs is a hundred requests and one outcome."""
    with wire(then=lambda c: carries_out(server, c)) as server:
        outcome = set_policies_sync(server.url, jobs(100_000), Batches())
        assert len(server.heard) == 100
    assert outcome.counts == {JobState.SUCCEEDED: 100_000}
