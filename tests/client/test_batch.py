"""Any number of jobs: cut into requests, sent at the same time, and nothing lost."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    Batches,
    JobsFailedError,
    JobState,
    Outcome,
    SyncPolicyClient,
    SyncPolicyReq,
    SyncPolicyResp,
    SyncPolicyStatus,
    WrongUseError,
    errors,
)
from drs_sync_policy.answers import match
from drs_sync_policy_api.types import to_builtins
from tests.wire import Act, Wire, carries_out, says, wire

# No clock judges here: a machine that is busy with other work is slow, and right.
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def jobs(count: int) -> list[SyncPolicyReq]:
    return [SyncPolicyReq(job_id=f"job-{n}") for n in range(count)]


class Echo:
    """A server that carries out what it is sent, but answers `failing` requests otherwise."""

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


@pytest.fixture(params=[set_policies_sync, set_policies_async], ids=["sync", "async"])
def set_policies(request: pytest.FixtureRequest) -> SetPolicies:
    """The same call by each of the two clients."""
    chosen: SetPolicies = request.param
    return chosen


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


def test_progress_is_told_after_each_request(set_policies: SetPolicies) -> None:
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
    """A later request that is refused for good leaves the results of the others in the outcome."""
    refused = says(403, {"error_code": "DRS.M00261", "error_msg": "no"})
    with (
        wire(
            lambda c: carries_out(server, c),
            lambda c: carries_out(server, c),
            refused,
        ) as server,
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
    """What the server says of requests that were sent already counts, whatever another was told."""
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
    """After a refusal with results, a refusal of the whole ends the call and is its error."""
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
    """After a cancellation the record tells what is done, unknown, and not sent."""
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
    """Ctrl-C in the middle of a call ends it, and the record tells what is known."""
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


def test_ctrl_c_waits_for_no_request() -> None:
    """SIGINT ends a call whose requests hang: nothing more is sent, and the record is true."""
    both_hang = threading.Barrier(3)
    dropped = threading.Semaphore(0)

    def answers_or_hangs(connection: socket.socket) -> bool:
        asked = server.last_from[connection.getpeername()[1]].json()["jobs"][0]["job_id"]
        if asked == "job-0":
            return carries_out(server, connection)
        both_hang.wait(30)
        connection.recv(1)
        dropped.release()
        return False

    with wire(then=answers_or_hangs) as server:
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
    """Two calls in one record would mix, so that the second is wrong use."""
    record = Outcome()
    with wire(then=lambda c: carries_out(server, c)) as server:
        set_policies_sync(server.url, jobs(1), Batches(), record=record)
        with pytest.raises(WrongUseError, match="new one"):
            set_policies_sync(server.url, jobs(1), Batches(), record=record)


def test_a_hundred_thousand_jobs() -> None:
    """A call of 100,000 jobs is a hundred requests and one outcome."""
    with wire(then=lambda c: carries_out(server, c)) as server:
        outcome = set_policies_sync(server.url, jobs(100_000), Batches())
        assert len(server.heard) == 100
    assert outcome.counts == {JobState.SUCCEEDED: 100_000}


# --- cutting --------------------------------------------------------------------------------------
@untimed
@given(
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=60),
    most=st.integers(1, 20),
    limit=st.integers(1, 1500),
)
def test_chunks_hold_every_job_once_and_keep_to_both_limits(
    sizes: list[int], most: int, limit: int
) -> None:
    """Chunks are all the jobs in order; only a single job may be longer than the limit."""
    items = [SyncPolicyReq(job_id="x" * size) for size in sizes]
    chunks = list(Batches(jobs=most, bytes=limit).cut(items))
    assert [index for c in chunks for index in range(c.start, c.stop)] == list(range(len(items)))
    for chunk in chunks:
        count = chunk.stop - chunk.start
        assert 1 <= count <= most
        assert len(chunk.content) <= limit or count == 1
        written = json.loads(chunk.content)["jobs"]
        assert written == to_builtins(items[chunk.start : chunk.stop])


# --- reading --------------------------------------------------------------------------------------
@untimed
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_results_are_matched_by_id_and_in_their_order(ids: list[str], random: Any) -> None:
    """Whatever the order of the answer, each item gets a result of its own id, each once."""
    items = [SyncPolicyReq(job_id=job) for job in ids]
    results = [
        SyncPolicyResp(id=job, status=SyncPolicyStatus.SUCCESS, error_msg=str(n))
        for n, job in enumerate(ids)
    ]
    random.shuffle(results)
    matched = match(results, items)
    assert matched is not None
    assert [result.id for result in matched] == ids
    assert sorted(r.error_msg for r in matched) == sorted(r.error_msg for r in results)  # type: ignore[type-var]
    assert match(results[1:], items) is None


# --- outcomes -------------------------------------------------------------------------------------
def outcome_of_two(set_policies: SetPolicies) -> Outcome:
    answer = {
        "count": 2,
        "results": [
            {"id": "job-0", "status": "success"},
            {"id": "job-1", "status": "failed", "error_code": "DRS.M05003", "error_msg": "none"},
        ],
    }
    with wire(says(200, answer)) as server:
        return set_policies(server.url, jobs(2), Batches())


def test_failures_are_raised_when_asked(set_policies: SetPolicies) -> None:
    """`raise_for_failures` names the jobs that failed, and carries the whole outcome."""
    outcome = outcome_of_two(set_policies)
    with pytest.raises(JobsFailedError, match="1 of 2 jobs did not succeed: job-1") as caught:
        outcome.raise_for_failures()
    assert caught.value.outcome is outcome
    assert [job.job_id for job in outcome.failed] == ["job-1"]
    assert not outcome.undecided
    assert not outcome.ok


def test_a_failed_job_says_what_to_do() -> None:
    """An outcome has the server's code and words, and what we know of the code."""
    outcome = outcome_of_two(set_policies_sync)
    job = outcome[1]
    assert (job.error_code, job.error_msg) == ("DRS.M05003", "none")
    assert job.meaning
    assert job.remedy
    assert outcome[-1] == job
    assert outcome[0:1] == outcome.succeeded
    assert repr(outcome) == "Outcome(1 succeeded, 1 failed)"
    assert str(job) == "job-1 failed: DRS.M05003 none"


def test_an_outcome_survives_pickle() -> None:
    """A worker process can hand its outcome over."""
    outcome = outcome_of_two(set_policies_sync)
    assert list(pickle.loads(pickle.dumps(outcome))) == list(outcome)


@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.deepcopy])
def test_an_error_of_a_call_survives_pickle(
    set_policies: SetPolicies, again: Callable[[Any], Any]
) -> None:
    """A worker process can hand over an error whole, although its outcome leads back to it."""
    refused = says(403, {"error_code": "DRS.M00261", "error_msg": "no"})
    with wire(refused) as server, pytest.raises(errors.ForbiddenError) as caught:
        set_policies(server.url, jobs(2), Batches())
    error: Any = again(caught.value)
    assert type(error).__name__ == "ForbiddenError"
    assert str(error) == str(caught.value)
    assert (error.status, error.code, error.answer) == (403, "DRS.M00261", caught.value.answer)
    assert [job.state for job in error.outcome] == [JobState.REFUSED] * 2
    assert error.outcome[0].error is error
    outcome = again(caught.value.outcome)
    assert outcome[1].error.outcome is outcome


def test_failed_jobs_survive_pickle() -> None:
    """What `raise_for_failures` raises has its outcome in another process, too."""
    with pytest.raises(JobsFailedError) as caught:
        outcome_of_two(set_policies_sync).raise_for_failures()
    outcome: Any = pickle.loads(pickle.dumps(caught.value)).outcome
    assert list(outcome) == list(caught.value.outcome or ())


def test_one_job_has_one_outcome() -> None:
    """`set_policy` is `set_policies` for a single job."""
    with (
        wire(then=lambda c: carries_out(server, c)) as server,
        SyncPolicyClient(base_url=server.url, project_id="p", auth="t") as drs,
    ):
        assert drs.set_policy(SyncPolicyReq(job_id="x")).succeeded
