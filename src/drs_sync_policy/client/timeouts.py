"""Timeouts of each phase of a request, and the deadline of a request with all its retries.

A timeout of httpx starts again with every read, so a server that sends a byte now and then could
hold a request for ever. Here a timeout also knows the deadline; the network backends shorten each
wait to it.
"""

from __future__ import annotations

from time import monotonic
from typing import Self

from attrs import field, frozen

from drs_sync_policy.client.validators import positive


@frozen(kw_only=True)
class Timeouts:
    """Seconds for each phase of one attempt, and for one request with all its retries.

    `connect` is for a connection, with the resolution of its host name; `write` and `read` are for
    each wait on the network, `pool` is for a free connection. `total` is for a request with its
    login, its retries and the waits between them. Many jobs need several requests (`Batches`), each
    with its own `total`. All are finite.
    """

    connect: float = field(default=5.0, validator=positive)
    write: float = field(default=30.0, validator=positive)
    read: float = field(default=30.0, validator=positive)
    pool: float = field(default=30.0, validator=positive)
    total: float = field(default=120.0, validator=positive)

    def until(self, end: float) -> dict[str, float]:
        """The timeouts of an attempt that must end at `end`, as httpx's `timeout` extension."""
        return {
            "connect": DeadlineTimeout(self.connect, end),
            "write": DeadlineTimeout(self.write, end),
            "read": DeadlineTimeout(self.read, end),
            "pool": DeadlineTimeout(max(0.0, min(self.pool, end - monotonic())), end),
        }


class DeadlineTimeout(float):
    """A number of seconds that also knows the deadline."""

    __slots__ = ("until",)
    until: float

    def __new__(cls, seconds: float, until: float) -> Self:
        self = super().__new__(cls, seconds)
        self.until = until
        return self


def remaining(timeout: float | None, late: type[Exception]) -> float | None:
    """What is left of a timeout, at most until its deadline."""
    if not isinstance(timeout, DeadlineTimeout):
        return timeout
    left = timeout.until - monotonic()
    if left <= 0:
        raise late("the request with its retries took too long")
    return left if left < timeout else float(timeout)
