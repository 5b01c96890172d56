"""What the client retries, how often, and what it does not retry, over real sockets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from drs_sync_policy import JobState, Retries, SyncPolicyClient, Timeouts
from drs_sync_policy.runtime import errors
from tests.live.client.errors.calls import DONE, JOBS, QUICK, SHORT, TOKEN, Call, failure, states
from tests.wire import Act, hangs, resets, says, sends, wire

_SOON = format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)


@pytest.mark.parametrize(
    "first",
    [
        resets,
        hangs,
        sends(b""),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        says(429, {"error_code": "APIGW.0308", "error_msg": "slow"}),
        says(429, {"error_code": "APIGW.0308", "error_msg": "slow"}, {"Retry-After": "0"}),
        says(429, {"error_code": "APIGW.0308", "error_msg": "slow"}, {"Retry-After": _SOON}),
        says(400, {"error_code": "DRS.M01503", "error_msg": "too frequent"}),
        says(502, b"<html>"),
        says(503, {"error_code": "DRS.M00004", "error_msg": "x"}, {"Retry-After": "0"}),
        says(504, b""),
    ],
    ids=["reset", "hang", "closed", "cut", "429", "429 seconds", "429 date", "M01503", "502",
         "503", "504"],
)  # fmt: skip
def test_a_transient_failure_is_retried(call: Call, first: Act) -> None:
    """After a transient error the request is sent again with the same body, and succeeds."""
    with wire(first, says(200, DONE)) as server:
        outcome = call(server.url, retries=QUICK, timeouts=SHORT)
        assert len(server.heard) == 2
        assert server.heard[0].body == server.heard[1].body
    assert outcome.ok


@pytest.mark.parametrize(
    "response",
    [
        says(400, {"error_code": "DRS.M00202", "error_msg": "x"}),
        says(401, {"error_code": "APIGW.0301", "error_msg": "x"}),
        says(403, {"error_code": "DRS.M00261", "error_msg": "x"}),
        says(404, b""),
        says(413, b""),
        says(422, b""),
        says(500, {"error_code": "DRS.M00004", "error_msg": "x"}),
        says(200, b"<html>"),
        says(302, b""),
    ],
)
def test_a_permanent_failure_is_not_retried(call: Call, response: Act) -> None:
    """A rejection that a retry cannot change is raised at once."""
    with wire(response) as server:
        failure(call, server.url, retries=QUICK)
        assert len(server.heard) == 1


def test_retries_end(call: Call) -> None:
    """After the last attempt the error has the number of attempts."""
    with wire(then=says(503, {"error_code": "DRS.M00004", "error_msg": "x"})) as server:
        error = failure(call, server.url, retries=QUICK)
        assert len(server.heard) == 3
    assert isinstance(error, errors.ServiceUnavailableError)
    assert error.attempts == 3
    assert "after 3 attempts" in str(error)


def test_retries_end_at_the_deadline(call: Call) -> None:
    """No wait goes beyond the deadline."""
    many = Retries(attempts=1000, first_wait=0.2, longest_wait=0.2, budget=1000)
    with wire(then=says(503, b"", {"Retry-After": "0"})) as server:
        error = failure(call, server.url, retries=many, timeouts=Timeouts(total=1.5))
        assert len(server.heard) < 1000
    assert isinstance(error, errors.ServiceUnavailableError)


def test_a_request_that_ends_between_retries_gives_their_reason(call: Call) -> None:
    """The response to an earlier attempt says more than an expired deadline."""
    timeouts, retries = Timeouts(read=60.0, total=3.0), Retries(first_wait=0.0)
    with wire(says(503, b""), hangs) as server:
        error = failure(call, server.url, retries=retries, timeouts=timeouts)
    assert isinstance(error, errors.ServiceUnavailableError)
    assert error.attempts == 2
    assert states(error) == {JobState.UNKNOWN}


@pytest.mark.parametrize(
    ("first", "heard"),
    [(resets, 1), (says(503, b""), 1), (says(502, b""), 1), (says(429, b""), 2)],
    ids=["reset", "503", "502", "429"],
)
def test_retries_can_be_limited_to_what_was_surely_not_done(
    call: Call, first: Act, heard: int
) -> None:
    """`retry_sent=False` retries only what the server cannot have acted on."""
    careful = Retries(attempts=2, first_wait=0.01, retry_sent=False)
    with wire(first, says(400, b"")) as server:
        failure(call, server.url, retries=careful)
        assert len(server.heard) == heard


def test_a_rejection_after_a_lost_attempt_leaves_the_jobs_unknown(call: Call) -> None:
    """The server may have acted on the first attempt, even if it rejects the second."""
    with wire(resets, says(401, {"error_code": "APIGW.0301", "error_msg": "x"})) as server:
        error = failure(call, server.url, retries=QUICK)
    assert isinstance(error, errors.UnauthorizedError)
    assert states(error) == {JobState.UNKNOWN}


def test_the_budget_limits_the_retries_of_all_calls() -> None:
    """All calls of a client share a budget of retries; each success earns a tenth of one."""
    few = Retries(attempts=3, first_wait=0.0, budget=2)
    with (
        wire(then=says(503, b"")) as server,
        SyncPolicyClient(base_url=server.url, project_id="p", auth=TOKEN, retries=few) as drs,
    ):
        for _ in range(5):
            with pytest.raises(errors.ServiceUnavailableError):
                drs.set_policies(JOBS)
        assert len(server.heard) == 5 + 2
