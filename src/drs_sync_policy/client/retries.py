"""When a call is repeated, and after how long a wait."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock

import httpx
from attrs import field, frozen

from drs_sync_policy.client.bounds import not_negative, whole
from drs_sync_policy.client.errors import Answer

_DOUBLINGS = 60
_LONGEST_ASKED = 999_999_999.0
_TOO_FREQUENT = b'"DRS.M01503"'
"""The vendor's 400 for calls that come too fast, which is a 429 in all but its number."""


@frozen(kw_only=True)
class Retries:
    """How often, and after what, a call is repeated.

    A wait is random between 0 and `first_wait` x 2^n, at most `longest_wait` ("full jitter"), and
    never shorter than the server's `Retry-After`. Where that is longer than `longest_wait`, or
    does not fit into the time of the call, the call is not repeated; nor is it where the server's
    certificate was refused, which the next attempt would not change.

    Repeating is safe because the contract promises that a repeated call gives the same answer and
    leaves the same state (rule `repeating-is-harmless`). That is this contract's promise, not the
    vendor's: with `repeat_sent=False` only what the server surely has not acted on is repeated,
    which is a connection that failed, a 429, and the 400 `DRS.M01503`.

    Attributes:
        attempts: How often a call is tried at most; 1 repeats nothing.
        first_wait: Seconds, see above.
        longest_wait: Seconds, see above.
        budget: How many repeats all calls of a client may make before successful calls have
            earned new ones, a tenth of a repeat each: a server that is down is not made busy.
        repeat_sent: Whether a call is repeated that the server may have acted on.
    """

    attempts: int = field(default=4, validator=whole(1))
    first_wait: float = field(default=0.5, validator=not_negative)
    longest_wait: float = field(default=20.0, validator=not_negative)
    budget: int = field(default=10, validator=whole(0))
    repeat_sent: bool = True

    def after_error(self, error: httpx.RequestError, attempt: int) -> float | None:
        """Seconds to wait after attempt number `attempt` broke; None not to repeat."""
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
            return self._wait(attempt, None)
        lost = (httpx.ReadError, httpx.WriteError, httpx.ReadTimeout, httpx.WriteTimeout)
        if isinstance(error, (*lost, httpx.RemoteProtocolError)) and self.repeat_sent:
            return self._wait(attempt, None)
        return None

    def after_answer(self, answer: Answer, attempt: int) -> float | None:
        """Seconds to wait after attempt number `attempt` got this; None not to repeat."""
        too_often = answer.status == 429 or (
            answer.status == 400 and _TOO_FREQUENT in answer.content
        )
        if too_often or (answer.status in (502, 503, 504) and self.repeat_sent):
            return self._wait(attempt, retry_after(answer.headers))
        return None

    def _wait(self, attempt: int, at_least: float | None) -> float | None:
        if attempt >= self.attempts or (at_least or 0.0) > self.longest_wait:
            return None
        most = min(self.longest_wait, self.first_wait * 2.0 ** min(attempt - 1, _DOUBLINGS))
        return max(at_least or 0.0, random.uniform(0.0, most))  # noqa: S311 - no secret


class Budget:
    """The repeats that are left to all calls of a client together."""

    def __init__(self, limit: int) -> None:
        self._limit = float(limit)
        self._left = float(limit)
        self._lock = Lock()

    def take(self) -> bool:
        """Takes one repeat; False where none is left."""
        with self._lock:
            if self._left < 1.0:
                return False
            self._left -= 1.0
            return True

    def earn(self) -> None:
        """Gives back a tenth of a repeat for a call that got its answer."""
        if self._left < self._limit:
            with self._lock:
                self._left = min(self._limit, self._left + 0.1)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or a date; None if it is not there.

    RFC 9110, section 10.2.3. A date that has passed is 0; what is neither is ignored.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), _LONGEST_ASKED)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
