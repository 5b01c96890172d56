"""When a request is retried, and after how long a wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drs_sync_policy.client.retries import Budget, Retries
from drs_sync_policy.runtime.messages import ResponseInfo
from drs_sync_policy.runtime.responses import retry_after


def response(status: int, retry: str | None = None, content: bytes = b"") -> ResponseInfo:
    return ResponseInfo(status, {} if retry is None else {"retry-after": retry}, content)


# No time limit: a machine that is busy with other work is slow.
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@untimed
@given(attempt=st.integers(1, 30), first=st.floats(0.0, 10.0), longest=st.floats(0.0, 60.0))
def test_waits_are_jittered_up_to_a_doubling_bound(
    attempt: int, first: float, longest: float
) -> None:
    """A wait is between nothing and `first_wait` x 2^n, at most `longest_wait`."""
    retries = Retries(attempts=100, first_wait=first, longest_wait=longest)
    wait = retries.after_response(response(503), attempt)
    assert wait is not None
    assert 0.0 <= wait <= min(longest, first * 2.0 ** (attempt - 1))


def test_no_number_of_attempts_breaks_the_wait() -> None:
    """The doubling ends before a number does."""
    wait = Retries(attempts=10_000).after_response(response(503), 9_000)
    assert wait is not None
    assert 0.0 <= wait <= 20.0


def test_waits_differ() -> None:
    """Full jitter: clients that failed together do not come back together."""
    waits = {Retries().after_response(response(503), 3) for _ in range(50)}
    assert len(waits) > 40


def test_retry_after_is_the_least_wait() -> None:
    """Jitter comes on top of it: clients with the same `Retry-After` do not come back together."""
    waits = {Retries(first_wait=0.1).after_response(response(429, "7"), 1) for _ in range(50)}
    assert all(wait is not None and 7.0 <= wait < 7.1 for wait in waits)
    assert len(waits) > 40


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 422, 500, 501, 418])
def test_other_statuses_are_not_retried(status: int) -> None:
    """A retry would change nothing."""
    assert Retries().after_response(response(status), 1) is None


def test_too_frequent_is_a_429_in_all_but_its_number() -> None:
    """The vendor says `DRS.M01503` with status 400."""
    body = b'{"error_code": "DRS.M01503", "error_msg": "x"}'
    assert Retries(retry_sent=False).after_response(response(400, None, body), 1) is not None


@pytest.mark.parametrize(
    "error", [httpx.PoolTimeout(""), httpx.UnsupportedProtocol(""), httpx.DecodingError("")]
)
def test_errors_that_a_retry_does_not_mend_are_not_retried(error: httpx.RequestError) -> None:
    """A full pool, a wrong URL and an unreadable body stay what they are."""
    assert Retries().after_error(error, 1) is None


@pytest.mark.parametrize("kind", [httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_lost_responses_are_retried_unless_that_is_switched_off(
    kind: type[httpx.RequestError],
) -> None:
    """You can choose whether a request that the server may have acted on is retried."""
    assert Retries().after_error(kind("x"), 1) is not None
    assert Retries(retry_sent=False).after_error(kind("x"), 1) is None
    assert Retries(retry_sent=False).after_error(httpx.ConnectError("x"), 1) is not None


def test_the_budget_is_earned_back_by_successes() -> None:
    """Ten successes earn one repeat, and never more than the budget."""
    budget = Budget(1)
    assert budget.take()
    assert not budget.take()
    for _ in range(11):
        budget.earn()
    assert budget.take()
    assert not budget.take()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("12", 12.0), (" 3 ", 3.0), ("", None), ("soon", None), ("-1", None),
     ("1.5", None), ("²", None), ("Wed, 99 Foo", None), ("9" * 400, 999999999.0),
     ("0000000000005", 5.0), ("Mon, 01 Jan 2024 00:00:00 +99999999999999", None),
     ("Mon, 01 Jan 0001 00:00:00 +2300", 0.0)],
)  # fmt: skip
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    """A number of seconds counts, and nonsense does not."""
    assert retry_after({"retry-after": value}) == seconds
    assert retry_after({}) is None


def test_retry_after_as_a_date() -> None:
    """A date is the time until then; one that has passed is now."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = retry_after({"retry-after": later})
    assert seconds is not None
    assert 80.0 < seconds <= 90.0
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0


@untimed
@given(st.text(max_size=40))
def test_no_retry_after_breaks_the_client(value: str) -> None:
    """Whatever a server sends there, the wait is a number or nothing."""
    seconds = retry_after({"retry-after": value})
    assert seconds is None or seconds >= 0.0
