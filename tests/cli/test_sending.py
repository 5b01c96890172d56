"""Setting policies for a verb, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence

from drs_sync_policy import Batches, JobOutcome, SyncPolicyReq
from drs_sync_policy.cli import exits, sending
from drs_sync_policy.testing import Scripted, refuses, succeeds

POLICIES = [SyncPolicyReq(job_id=f"job-{number}") for number in range(6)]


def test_each_request_is_noted_once_and_alone() -> None:
    """A note of all jobs after each request would take the square of their number."""
    noted: list[list[str]] = []

    def note(jobs: Sequence[JobOutcome]) -> None:
        noted.append([f"{job.job_id} {job.state}" for job in jobs])

    scripted = Scripted(succeeds(), refuses(403), then=succeeds())
    client = scripted.async_client(batches=Batches(jobs=2, concurrency=1))
    record, code = sending.send(client, POLICIES, note)
    assert code == exits.NOT_ALLOWED
    assert noted == [
        ["job-0 succeeded", "job-1 succeeded"],
        ["job-2 refused", "job-3 refused"],
    ]
    assert [job.state for job in record][4:] == ["not sent"] * 2
