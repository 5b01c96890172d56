"""How the client handles each rejection, over real sockets."""

from __future__ import annotations

import pytest

from drs_sync_policy import JobState
from drs_sync_policy.runtime import errors
from tests.live.client.errors.calls import QUICK, Call, failure, states
from tests.wire import says, wire


@pytest.mark.parametrize(("status", "kind"), sorted(errors.BY_STATUS.items()))
def test_each_status_has_its_class(
    call: Call, status: int, kind: type[errors.RefusedError]
) -> None:
    """A rejection has the server's code, message and request id, and the meaning of the code."""
    body = {"error_code": "DRS.M00300", "error_msg": "Invalid request.", "request_id": "r1"}
    with wire(says(status, body)) as server:
        error = failure(call, server.url)
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, "DRS.M00300", "Invalid request.")
    assert error.request_id == "r1"
    assert error.meaning
    assert error.remedy
    assert states(error) == {JobState.UNKNOWN if status >= 500 else JobState.REFUSED}


@pytest.mark.parametrize("status", [400, 401, 413, 429, 500, 502, 503, 504])
def test_a_rejection_in_html_has_no_code(call: Call, status: int) -> None:
    """The status of an HTML page decides its class; its text is an attribute."""
    with wire(says(status, b"<html>no</html>", {"Content-Type": "text/html"})) as server:
        error = failure(call, server.url)
    assert type(error) is errors.BY_STATUS[status]
    assert isinstance(error, errors.RefusedError)
    assert error.code is None
    assert "html" not in str(error)
    assert error.response is not None
    assert error.response.content == b"<html>no</html>"


def test_a_400_with_results_keeps_them(call: Call) -> None:
    """Related operations respond 400 with results if jobs fail: the error has the outcome."""
    results = [
        {"id": job, "status": "failed", "error_code": "DRS.M05004", "error_msg": "deleted"}
        for job in ("a", "b")
    ]
    with wire(says(400, {"count": 2, "results": results})) as server:
        error = failure(call, server.url)
    assert type(error) is errors.BadRequestError
    assert error.outcome is not None
    assert [job.error_code for job in error.outcome.failed] == ["DRS.M05004"] * 2
    assert all(job.remedy for job in error.outcome)


def test_a_400_with_results_of_other_jobs_has_no_results(call: Call) -> None:
    """Results in a rejection count only if they belong to the jobs that were sent."""
    results = [{"id": "x", "status": "success"}, {"id": "y", "status": "success"}]
    with wire(says(400, {"count": 2, "results": results})) as server:
        error = failure(call, server.url)
    assert states(error) == {JobState.REFUSED}


def test_a_huge_retry_after_is_reported_and_not_awaited(call: Call) -> None:
    """A wait beyond the longest is the caller's decision."""
    body = {"error_code": "APIGW.0308", "error_msg": "slow down"}
    with wire(says(429, body, {"Retry-After": "3600"})) as server:
        error = failure(call, server.url, retries=QUICK)
        assert len(server.heard) == 1
    assert isinstance(error, errors.TooManyRequestsError)
    assert error.retry_after == 3600.0
