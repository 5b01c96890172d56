"""Which user may change which job: one at a time, or several that meet on purpose.

What is stored for a job can be checked only if it is known who changed it. So a user takes jobs,
changes them, reads them, and gives them back. There may be fewer jobs than users: then the others
do something else meanwhile.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from attrs import define, field, frozen

from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.target.profile import Target, Tenant
from drs_sync_policy.fuzz.traffic.recorded import Recorded

Place = tuple[int, str]
"""A job: the number of its tenant, and its id."""


def places(target: Target) -> list[Place]:
    """All jobs of a target that may be changed."""
    tenants = enumerate(target.tenants)
    return [(number, job) for number, tenant in tenants for job in tenant.job_ids]


def shared_out(jobs: Sequence[Place], workers: int) -> list[list[Place]]:
    """The jobs of each worker: no job is given to two, and some workers may get none."""
    return [list(jobs[number::workers]) for number in range(workers)]


@frozen
class Lease:
    """Jobs of one tenant that nobody else changes."""

    tenant: Tenant
    job_ids: tuple[str, ...]


class Jobs:
    """The jobs of one process. Any thread may use it."""

    def __init__(self, target: Target, jobs: Iterable[Place] = ()) -> None:
        self._tenants = target.tenants
        self._free = list(jobs)
        self._resting: list[tuple[float, Place]] = []
        self._lock = threading.Lock()

    def take(self, most: int, source: random.Random) -> Lease | None:
        """Up to so many free jobs of one tenant; None if none is free."""
        with self._lock:
            now = time.monotonic()
            self._free += [place for until, place in self._resting if until <= now]
            self._resting = [entry for entry in self._resting if entry[0] > now]
            if not self._free:
                return None
            number, _ = source.choice(self._free)
            of_tenant = [place for place in self._free if place[0] == number]
            chosen = source.sample(of_tenant, min(most, len(of_tenant)))
            self._free = [place for place in self._free if place not in chosen]
        return Lease(self._tenants[number], tuple(job for _, job in chosen))

    def give_back(self, lease: Lease, *, after: float = 0.0) -> None:
        """End a lease; nobody gets its jobs for so many seconds: a request may still be done."""
        number = self._tenants.index(lease.tenant)
        until = time.monotonic() + after
        with self._lock:
            self._resting += [(until, (number, job)) for job in lease.job_ids]


@define
class Round:
    """Several users that send to one job at the same time; the one who opened it is the first."""

    requests: Sequence[Request]
    """What each of them sends."""
    seen: list[Recorded] = field(factory=list[Recorded])
    _joined: int = 1
    _left: int = 0
    _open: bool = True
    _condition: threading.Condition = field(factory=threading.Condition)

    def join(self) -> int | None:
        """The place of one more user; None if nobody can join any more."""
        with self._condition:
            if not self._open or self._joined >= len(self.requests):
                return None
            self._joined += 1
            self._condition.notify_all()
            return self._joined - 1

    def begin(self, patience: float) -> int:
        """Wait for others, so many seconds, then let all set off; how many they are."""
        until = time.monotonic() + patience
        with self._condition:
            while self._joined < len(self.requests) and (left := until - time.monotonic()) > 0:
                self._condition.wait(left)
            self._open = False
            self._condition.notify_all()
            return self._joined

    def send(self, place: int, send: Callable[[Request], Recorded]) -> None:
        """Send what this place sends, once all may."""
        try:
            with self._condition:
                while self._open:
                    self._condition.wait()
            recorded = send(self.requests[place])
            with self._condition:
                self.seen.append(recorded)
        finally:
            with self._condition:
                self._left += 1
                self._condition.notify_all()

    def all_ended(self, patience: float) -> bool:
        """Whether everybody who joined has ended; waits for it, so many seconds."""
        until = time.monotonic() + patience
        with self._condition:
            while self._left < self._joined and (left := until - time.monotonic()) > 0:
                self._condition.wait(left)
            return self._left == self._joined
