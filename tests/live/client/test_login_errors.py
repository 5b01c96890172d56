"""A login that fails: retried, in time, and an error of its own that names the host of IAM."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, repeat
from typing import Any

import pytest

from drs_sync_policy import JobState, Retries, Timeouts
from drs_sync_policy.runtime import errors
from tests.live.client.accounts import DONE, JOBS, NOW, client, password, token
from tests.wire import Act, Wire, free_port, hangs, resets, says, sends, wire


@pytest.mark.parametrize(
    ("login", "kind"),
    [
        (
            says(401, {"error": {"code": 401, "message": "wrong", "title": "x"}}),
            "UnauthorizedError",
        ),
        (says(403, b"<html>"), "ForbiddenError"),
        (says(201, b"{}"), "OutsideContractError"),
        (says(200, DONE), "OutsideContractError"),
        (says(302, b""), "OutsideContractError"),
        (says(500, b""), "InternalServerError"),
    ],
)
def test_a_login_that_fails_is_an_error_of_its_own(login: Act, kind: str) -> None:
    """It names the IAM host, has the reason, and no job was sent."""
    with wire(login) as iam, wire() as server:
        error = failed_login(server, iam.url)
        assert server.heard == []
    assert type(error.reason).__name__ == kind


def failed_login(server: Wire, iam_url: str, **options: Any) -> errors.LoginError:
    """The error of a request whose login failed, which is about IAM and leaves the job unsent."""
    with (
        client(server, password(iam_url), **options) as drs,
        pytest.raises(errors.LoginError, match="the login at ") as caught,
    ):
        drs.set_policies(JOBS)
    error = caught.value
    assert f"http://{error.host}" == iam_url
    assert error.host in str(error)
    assert error.request is not None
    assert error.request.url == f"{iam_url}/v3/auth/tokens"
    assert server.url not in str(error)
    assert not error.perhaps_acted
    assert error.outcome is not None
    assert error.outcome[0].state is JobState.NOT_SENT
    return error


@pytest.mark.parametrize(
    "first",
    [says(429, b"", {"Retry-After": "0"}), says(503, b""), sends(b""), resets],
    ids=["429", "503", "closed", "reset"],
)
def test_a_login_is_always_retried(first: Act) -> None:
    """Sending it again does no harm, so `retry_sent` does not matter."""
    quick = Retries(first_wait=0.01, retry_sent=False)
    with (
        wire(first, token("t1")) as iam,
        wire(says(200, DONE)) as server,
        client(server, password(iam.url), retries=quick) as drs,
    ):
        assert drs.set_policies(JOBS).ok


def test_the_error_of_a_retried_login_counts_its_attempts() -> None:
    """The reason has the number, and the log names the IAM server."""
    quick = Retries(attempts=2, first_wait=0.01)
    with wire(then=says(503, b"")) as iam, wire() as server:
        error = failed_login(server, iam.url, retries=quick)
        assert len(iam.heard) == 2
    assert isinstance(error.reason, errors.ServiceUnavailableError)
    assert error.reason.attempts == 2


def test_an_unreachable_iam_is_a_connection_error_of_the_login() -> None:
    """If IAM does not listen, nothing is sent to the service."""
    with wire() as server:
        error = failed_login(server, f"http://127.0.0.1:{free_port()}")
        assert server.heard == []
    assert type(error.reason) is errors.ConnectFailedError


@pytest.mark.parametrize(
    ("timeouts", "phase"),
    [(Timeouts(read=60.0, total=0.5), "total"), (Timeouts(read=0.3), "read")],
    ids=["total", "read"],
)
def test_a_silent_iam_ends_with_the_request(timeouts: Timeouts, phase: str) -> None:
    """A login has the time of the request that needs it, and no job is in doubt afterwards."""
    with wire(hangs) as iam, wire() as server:
        error = failed_login(server, iam.url, timeouts=timeouts)
        assert server.heard == []
    assert isinstance(error.reason, errors.TimedOutError)
    assert error.reason.phase == phase


@pytest.mark.parametrize("coding", ["br", "gzip"], ids=["not asked for", "invalid"])
def test_a_login_whose_response_cannot_be_read_is_an_error_of_iam(coding: str) -> None:
    """As every other: it names IAM, and no job was sent."""
    with wire(then=says(201, b"no gzip", {"Content-Encoding": coding})) as iam, wire() as server:
        error = failed_login(server, iam.url)
        assert server.heard == []
    assert isinstance(error.reason, errors.OutsideContractError)


def test_a_login_that_fails_after_a_lost_attempt_leaves_the_job_unknown() -> None:
    """The service may have acted on the attempt before."""
    clock = chain([NOW] * 3, repeat(NOW + timedelta(days=2)))
    with wire(token("t1"), says(403, b"")) as iam, wire(resets) as server:
        auth = password(iam.url, lambda: next(clock))
        with (
            client(server, auth, retries=Retries(first_wait=0.01)) as drs,
            pytest.raises(errors.LoginError) as caught,
        ):
            drs.set_policies(JOBS)
    assert caught.value.outcome is not None
    assert caught.value.outcome[0].state is JobState.UNKNOWN
