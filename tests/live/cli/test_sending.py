"""Setting policies for a verb, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

from drs_sync_policy import Batches, JobOutcome, SyncPolicyReq
from drs_sync_policy.cli import exits, sending
from drs_sync_policy.testing import Scripted, breaks, rejects, succeeds

POLICIES = [SyncPolicyReq(job_id=f"job-{number}") for number in range(6)]


def test_each_request_is_noted_once_and_alone() -> None:
    """A note of all jobs after each request would take the square of their number."""
    noted: list[list[str]] = []

    def note(jobs: Sequence[JobOutcome]) -> None:
        noted.append([f"{job.job_id} {job.state}" for job in jobs])

    scripted = Scripted(succeeds(), rejects(403), then=succeeds())
    client = scripted.async_client(batches=Batches(jobs=2, concurrency=1))
    record, code = sending.send(client, POLICIES, note)
    assert code == exits.NOT_ALLOWED
    assert noted == [["job-0 succeeded", "job-1 succeeded"], ["job-2 refused", "job-3 refused"]]
    assert [job.state for job in record][4:] == ["not sent"] * 2


def test_the_worst_of_several_errors_gives_the_code() -> None:
    """Requests that run at the same time may end in different ways: 5 comes before 3."""

    def ends(request: httpx.Request) -> httpx.Response:
        ends_with = rejects(401) if b"job-0" in request.content else breaks()
        return ends_with(request)

    client = Scripted(then=ends).async_client(batches=Batches(jobs=1, concurrency=2), retries=None)
    record, code = sending.send(client, POLICIES[:2])
    assert [job.state for job in record] == ["refused", "unknown"]
    assert code == exits.UNREACHABLE


def test_an_error_that_nobody_foresaw_leaves_a_true_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was set before is known, and the error's text, which may hold a secret, is not shown."""

    def fails(request: httpx.Request) -> httpx.Response:
        raise LookupError("MYSECRET")

    client = Scripted(succeeds(), fails).async_client(batches=Batches(jobs=3, concurrency=1))
    record, code = sending.send(client, POLICIES)
    assert code == exits.NOT_CHECKED
    assert [job.state for job in record] == ["succeeded"] * 3 + ["unknown"] * 3
    said = capsys.readouterr().err
    assert "LookupError at" in said
    assert "MYSECRET" not in said


@pytest.mark.parametrize(
    ("codes", "worst"),
    [((), 0), ((0, 1), 1), ((1, 3), 3), ((3, 5), 5), ((1, 6), 6), ((6, 3), 3), ((5, 130), 130)],
)
def test_of_several_codes_the_worst_is_given(codes: tuple[int, ...], worst: int) -> None:
    """As the guide says: 5, 3, 6, 1, and Ctrl-C before all."""
    assert exits.worst(codes) == worst
