"""When a request is retried, and after how long a wait."""

from __future__ import annotations

import random
from threading import Lock

import httpx
from attrs import field, frozen

from drs_sync_policy.client import forks
from drs_sync_policy.client.validators import integer_from, not_negative
from drs_sync_policy.runtime.messages import ResponseInfo
from drs_sync_policy.runtime.responses import retry_after

_DOUBLINGS = 60
TOO_MANY = "DRS.M01503"
"""The vendor's code of a 400 for too many requests, which means the same as a 429."""
_TOO_MANY_REQUESTS = f'"{TOO_MANY}"'.encode()


@frozen(kw_only=True)
class Retries:
    """How often a request is retried, and after which failures.

    The wait before a retry is random between 0 and `first_wait` x 2^n, at most `longest_wait`
    ("full jitter"); the server's `Retry-After` comes on top of it. The client does not retry
    if `Retry-After` is longer than `longest_wait` or than the time that is left, or if the
    server's certificate was rejected.

    A retry is safe because the contract says that a repeated request gives the same results and
    leaves the same state (rule `repeating-is-harmless`). The vendor does not say so. With
    `retry_sent=False` a request is retried only if the server surely did nothing: after a failed
    connection, a 429, and the 400 `DRS.M01503`.

    Attributes:
        attempts: The maximum number of attempts; 1 means no retries.
        first_wait: Seconds, see above.
        longest_wait: Seconds, see above.
        budget: The maximum number of retries of all requests of a client, before successful
            requests earn new ones, a tenth of a retry each. It protects a server that is down.
        retry_sent: Whether to retry a request that the server may have acted on.
    """

    attempts: int = field(default=4, validator=integer_from(1))
    first_wait: float = field(default=0.5, validator=not_negative)
    longest_wait: float = field(default=20.0, validator=not_negative)
    budget: int = field(default=10, validator=integer_from(0))
    retry_sent: bool = True

    def after_error(
        self, error: httpx.RequestError, attempt: int, *, login: bool = False
    ) -> float | None:
        """Seconds to wait after attempt number `attempt` failed; None for no retry.

        A `login` may always be sent again.
        """
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
            return self._wait(attempt, None)
        lost = (httpx.ReadError, httpx.WriteError, httpx.ReadTimeout, httpx.WriteTimeout)
        sent_again = self.retry_sent or login
        if isinstance(error, (*lost, httpx.RemoteProtocolError)) and sent_again:
            return self._wait(attempt, None)
        return None

    def after_response(
        self, response: ResponseInfo, attempt: int, *, login: bool = False
    ) -> float | None:
        """Seconds to wait after attempt number `attempt` got this; None for no retry."""
        too_many = response.status == 429 or (
            response.status == 400 and _TOO_MANY_REQUESTS in response.content
        )
        if too_many or (response.status in (502, 503, 504) and (self.retry_sent or login)):
            return self._wait(attempt, retry_after(response.headers))
        return None

    def _wait(self, attempt: int, asked_for: float | None) -> float | None:
        if attempt >= self.attempts or (asked_for or 0.0) > self.longest_wait:
            return None
        most = min(self.longest_wait, self.first_wait * 2.0 ** min(attempt - 1, _DOUBLINGS))
        return (asked_for or 0.0) + random.uniform(0.0, most)  # noqa: S311 - no secret


class Budget:
    """The retries that are left to all requests of a client."""

    def __init__(self, limit: int) -> None:
        self._limit = float(limit)
        self._left = float(limit)
        self._lock = Lock()
        forks.watch(self)

    def after_fork(self) -> None:
        """Another thread of the parent may have held the lock."""
        self._lock = Lock()

    def take(self) -> bool:
        """Takes one retry; False if the budget is empty."""
        with self._lock:
            if self._left < 1.0:
                return False
            self._left -= 1.0
            return True

    def earn(self) -> None:
        """Adds a tenth of a retry, for a successful request."""
        if self._left < self._limit:
            with self._lock:
                self._left = min(self._limit, self._left + 0.1)
