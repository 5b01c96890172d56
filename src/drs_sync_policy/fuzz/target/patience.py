"""How long a run waits for a server, and how fast it sends.

A 429 or 503 is waited out, a response that never comes is waited for. Both take from one allowance
for the whole run: once it is used up, every further request waits briefly. A run with a time limit
sends nothing after its end, and ends what is under way.
"""

from __future__ import annotations

import email.utils
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from attrs import evolve

from drs_sync_policy.fuzz.target.coding import decoded
from drs_sync_policy.fuzz.target.http import Request, Response, Stopped, Throttled, TimedOut
from drs_sync_policy.fuzz.target.profile import Target

ALLOWANCE: Final = 60.0
"""Seconds that a run without a time limit may spend on waiting."""
_SHARE: Final = 0.5
"""The part of a time limit that may be spent on waiting."""
_BRIEF: Final = 0.5
"""Seconds that a response may take once the allowance is used up."""
_SLICE: Final = 0.1
THROTTLED: Final = frozenset({429, 503})
"""The statuses after which a request is sent again later."""
_TRIES: Final = 8


class Transport(Protocol):
    """What carries one request, and knows nothing of waiting."""

    def once(self, request: Request, timeout: float) -> Response:
        """The response to one request."""
        ...

    def close(self) -> None:
        """Close the connection of this thread."""
        ...

    def stop(self) -> None:
        """End every exchange under way with `Stopped`, and each later one."""
        ...


class Patient:
    """A wire that keeps to `max_rps`, waits out 429 and 503, and adds the target's own headers."""

    def __init__(self, transport: Transport, target: Target) -> None:
        self._transport = transport
        self._timeout = target.timeout
        self._extra: Mapping[str, str] = target.headers
        self._gap = 1 / target.max_rps if target.max_rps else 0.0
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._stopped = False
        self._until = math.inf
        self.allowance: float = ALLOWANCE
        """Seconds that may still be spent on waiting for the server, in the whole run."""
        self.throttled: int = 0
        """How often the server responded with 429 or 503."""
        self._work: Callable[[Response], None] | None = None
        self.waited: float = 0.0
        """Seconds that were spent on 429 and 503."""
        self.timeout: float = target.timeout
        """Seconds that a response may take now: fewer than the profile says if time is short."""

    def send(self, request: Request, *, timeout: float | None = None) -> Response:
        """The response to `request`, with each 429 and 503 before it waited out."""
        request = self._dressed(request)
        waited = 0.0
        reason = ""
        for attempt in range(_TRIES):
            self._wait_for_turn()
            response = self._once(request, timeout or self._timeout)
            if response.status not in THROTTLED:
                return response
            with self._lock:
                self.throttled += 1
            if self._work:
                self._work(response)
            delay = max(_retry_after(response, 0.05 * 2**attempt), 0.01)
            reason = f"{response.status} again after {waited:.1f} s of waiting"
            if not self._hold(delay):
                asked = f"the server asks for {delay:g} s more, and the run may wait"
                raise Throttled(f"{reason}: {asked} {max(self.allowance, 0):.1f} s")
            waited += delay
        raise Throttled(reason)

    def close(self) -> None:
        """Close this thread's connection."""
        self._transport.close()

    def each_throttled(self, work: Callable[[Response], None] | None) -> None:
        """Do `work` with each 429 and 503 from now on, before the request is sent again."""
        self._work = work

    def limit(self, seconds: float) -> None:
        """Send nothing later than so many seconds from now, and wait for a part of them only."""
        self._until = time.monotonic() + seconds
        self.allowance = min(self.allowance, seconds * _SHARE)
        self.timeout = min(self.timeout, max(seconds * _SHARE, _BRIEF))

    def stop(self) -> None:
        """End every exchange under way, and every wait, with `Stopped`."""
        self._stopped = True
        self._transport.stop()

    @property
    def lowered(self) -> float | None:
        """Seconds that a response may take now, if they are fewer than the profile says."""
        return self.timeout if self.timeout < self._timeout else None

    def _dressed(self, request: Request) -> Request:
        missing = tuple((k, v) for k, v in self._extra.items() if not request.header(k))
        return evolve(request, headers=(*request.headers, *missing)) if missing else request

    def _once(self, request: Request, timeout: float) -> Response:
        timeout = min(timeout, self.timeout, self._until - time.monotonic())
        if timeout <= 0:
            raise Stopped("the time of the run is up")
        try:
            return decoded(self._transport.once(request, timeout), request)
        except TimedOut:
            if time.monotonic() >= self._until:
                raise Stopped("the time of the run is up") from None
            with self._lock:
                self.allowance -= timeout
                if self.allowance < self.timeout:
                    self.timeout = min(self.timeout, max(self.allowance, _BRIEF))
            raise

    def _wait_for_turn(self) -> None:
        while True:
            with self._lock:
                now = time.monotonic()
                ahead = self._free_at - now
                if ahead <= 0:
                    self._free_at = now + self._gap if self._gap else self._free_at
                    ahead = 0.0
            if self._stopped:
                raise Stopped
            if not ahead:
                return
            # In slices, not on an event: a signal handler that sets an event may wait for ever.
            time.sleep(min(ahead, _SLICE))

    def _hold(self, delay: float) -> bool:
        """Let nobody send for so long; False where the allowance does not suffice for it."""
        with self._lock:
            free_at = max(self._free_at, time.monotonic() + delay)
            longer = free_at - max(self._free_at, time.monotonic())
            if longer > min(self.allowance, self._until - time.monotonic()):
                return False
            self.allowance -= longer
            self._free_at = free_at
            self.waited += longer
            return True


def _retry_after(response: Response, otherwise: float) -> float:
    """The seconds that `Retry-After` asks for, as a number or a date (RFC 9110, 10.2.3)."""
    value = (response.header("Retry-After") or "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return otherwise
    return max(0.0, when.timestamp() - time.time())
