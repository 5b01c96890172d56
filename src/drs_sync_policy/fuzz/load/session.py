"""What one simulated user does: it sends, reads back, and hands everything over to be checked.

Nothing is looked at here but the status: `checking` does that, in another process. Nothing here
knows Locust. A response that says that the server is too busy, and a request without a
response, are errors of the load and say nothing about a rule.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from attrs import define, field

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.load.checking import Entry, Lost, Read, Seen, Together, size_of
from drs_sync_policy.fuzz.load.jobs import Jobs, Lease, Round
from drs_sync_policy.fuzz.load.mix import LARGE_SIZES, SAMPLED, SIZES, SMALL_BYTES, Mix
from drs_sync_policy.fuzz.load.tally import Sent
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.request_maker import RequestMaker
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Unreachable, Wire
from drs_sync_policy.fuzz.target.profile import Tenant
from drs_sync_policy.fuzz.traffic.recorded import Recorded

TOO_BUSY: Final = frozenset({429, 502, 503, 504})
"""What a server, or a gateway before it, says if it cannot serve the request now."""
SMALL: Final = f"requests up to {SMALL_BYTES // 1024} KiB"
LARGE: Final = f"requests over {SMALL_BYTES // 1024} KiB (only a sample)"
TOGETHER: Final = "requests for one job at the same time"
_CASE: Final = "under load"
_AT_ONCE: Final = 6
"""So many users at most send whole policies at the same time."""
_PATIENCE: Final = 0.5
"""Seconds that a user waits for others to send at the same time."""
Place = tuple[str, str]
"""A job, after the project that it is in."""


class NotServed(Exception):
    """There is no response that can be checked; what is stored is not known."""


@define
class Shared:
    """What the users of one process share."""

    oracle: Oracle
    jobs: Jobs
    mix: Mix
    hand_over: Callable[[Entry, int], bool] | None = None
    """Takes an entry of so many bytes to be checked; False if it cannot. None if nothing is."""
    sent: Sent = field(factory=Sent)
    meeting: Round | None = None
    """The round that more users can join."""
    maker: RequestMaker = field(init=False)
    """Of all users: to make one takes milliseconds."""
    _lost: set[Place] = field(factory=set[Place])
    """Jobs whose history has a gap, which has to be known before anything else is checked."""
    _lock: threading.Lock = field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        self.maker = RequestMaker(self.oracle, seed=0, bodies=self.mix.bodies)

    def check(self, entry: Entry, places: Sequence[Place]) -> bool:
        """Have an entry checked that is about jobs; False if it will not be."""
        if self.hand_over is None:
            return False
        with self._lock:
            if isinstance(entry, Lost):
                self._lost.update(entry.places)
            gap = Lost(tuple(self._lost))
            if gap.places and self.hand_over(gap, size_of(gap)):
                self._lost.clear()
            if isinstance(entry, Lost):
                return not self._lost
            taken = not self._lost and self.hand_over(entry, size_of(entry))
            if not taken:
                self._lost.update(places)
            return taken


class Session:
    """One user. `named` is called with the kind of each request before it is sent."""

    def __init__(
        self, shared: Shared, wire: Wire, *, seed: int, named: Callable[[str], object]
    ) -> None:
        self._shared = shared
        self._named = named
        self._source = random.Random(seed)  # noqa: S311 - nothing secret about it
        self._maker, self._wire = shared.maker, wire
        self._target = shared.oracle.target
        self._places: tuple[Place, ...] = ()
        """The jobs that only this user changes now."""

    # --- what a user does -------------------------------------------------------------------------

    def own(self) -> None:
        """Changes jobs that nobody else changes now, and reads them."""
        with self._lease(3) as lease:
            if lease is None:
                return self.strange()
            for _ in range(self._source.randint(1, 3)):
                if self._source.random() < 0.2:
                    body = self._shared.mix.invalid(lease.job_ids, self._source)
                    self._send(body, lease.tenant, "invalid batch")
                else:
                    size = self._source.choice(SIZES)
                    body = self._shared.mix.valid(lease.job_ids, size, self._source)
                    self._send(body, lease.tenant, _kind(size))
            for job in lease.job_ids:
                self._read(job, lease.tenant)
        return None

    def strange(self) -> None:
        """Sends what changes nothing: for jobs of others or of nobody, and invalid bodies."""
        tenants = self._target.tenants
        tenant = self._source.choice(tenants)
        others = [job for entry in tenants if entry is not tenant for job in entry.job_ids]
        if self._source.random() < 0.3:
            body = self._shared.mix.invalid((), self._source)
            self._send(body, tenant, "invalid batch")
        elif others and self._source.random() < 0.3:
            build = self._shared.mix.bodies
            body = ijson.dumps(build.body([build.item(self._source.choice(others))]))
            self._send(body, tenant, "job of another tenant")
        else:
            size = self._source.choice(SIZES)
            body = self._shared.mix.valid((), size, self._source)
            self._send(body, tenant, _kind(size))

    def large(self) -> None:
        """Sends a large batch; only a part of them is checked."""
        size = self._source.choice(LARGE_SIZES)
        tenant = self._target.tenant
        if self._source.random() >= SAMPLED:
            self._send(self._shared.mix.large(size), tenant, _kind(size), checked=False)
            return
        with self._lease(2) as lease:
            tenant, jobs = (lease.tenant, lease.job_ids) if lease else (tenant, ())
            self._send(self._shared.mix.valid(jobs, size, self._source), tenant, _kind(size))
            for job in jobs:
                self._read(job, tenant)

    def together(self) -> None:
        """Sends to a job at the same time as others; without others, does something else."""
        meeting = self._shared.meeting
        if meeting is not None and (place := meeting.join()) is not None:
            meeting.send(place, self._at_once)
        elif meeting is not None or self._target.readback is None:
            self.own()
        else:
            self._meet()

    def _meet(self) -> None:
        with self._lease(2) as lease:
            if lease is None:
                return self.strange()
            bodies = [*self._requests(lease)]
            requests = [self._maker.request(body, tenant=lease.tenant) for body in bodies]
            meeting = self._shared.meeting = Round(requests)
            try:
                number = meeting.begin(_PATIENCE)
                self._shared.meeting = None
                meeting.send(0, self._at_once)
                everybody = meeting.all_ended(self._target.timeout)
                if not everybody or len(meeting.seen) < number:
                    raise NotServed
            finally:
                self._shared.meeting = None
                meeting.begin(0)
            self._check(meeting, lease)
        return None

    def _requests(self, lease: Lease) -> Iterator[Any]:
        """Bodies to be sent at once: each sets another field of a job, or all fields of several."""
        build, variant = self._shared.mix.bodies, self._source.randrange(20)
        first = lease.job_ids[0]
        if self._source.random() < 0.5:
            self._send(
                ijson.dumps(build.body([build.full(first, variant)])), lease.tenant, _kind(1)
            )
            for name, value in build.policy(variant + 1).items():
                yield build.body([build.item(first, **{name: value})])
            return
        for number in range(_AT_ONCE):
            jobs = lease.job_ids if number % 2 else reversed(lease.job_ids)
            yield build.body([build.full(job, variant + number) for job in jobs])

    def _at_once(self, request: Request) -> Recorded:
        return self._ask(request, "several at once")

    def _check(self, meeting: Round, lease: Lease) -> None:
        """Have it checked whether some order of the requests explains what is stored."""
        readings = {job: self._ask_for(job, lease.tenant) for job in lease.job_ids}
        seen, project = meeting.seen, lease.tenant.project_id
        several = len(seen) > 1
        self._count(TOGETHER, several * len(seen), checked=True)
        entry = Together(TOGETHER, project, tuple(seen), readings)
        if not several or not self._shared.check(entry, self._places):
            self._shared.check(Lost(self._places), ())
            self._unchecked(seen)

    # --- sending ----------------------------------------------------------------------------------

    @contextmanager
    def _lease(self, most: int) -> Generator[Lease | None]:
        """Jobs for the block; if it fails, nobody gets them before the requests must be done."""
        lease = self._shared.jobs.take(most, self._source)
        if lease is None:
            yield None
            return
        rest = 2 * self._target.timeout
        self._places = tuple((lease.tenant.project_id, job) for job in lease.job_ids)
        try:
            yield lease
            rest = 0.0
        finally:
            if rest:
                self._shared.check(Lost(self._places), ())
            self._places = ()
            self._shared.jobs.give_back(lease, after=rest)

    def _send(self, body: bytes, tenant: Tenant, kind: str, *, checked: bool = True) -> None:
        language = self._source.choice(self._shared.mix.languages)
        request = self._maker.request(body, tenant=tenant, language=language)
        recorded = self._ask(request, kind)
        kind = SMALL if len(body) <= SMALL_BYTES else LARGE
        self._count(kind, 1, checked=checked)
        if not checked or not self._shared.check(Seen(recorded, kind), self._places):
            self._unchecked((recorded,))

    def _count(self, kind: str, responses: int, *, checked: bool) -> None:
        sent = self._shared.sent
        sent.responses[kind] += responses
        if checked and self._shared.hand_over is not None:
            sent.wanted[kind] += responses

    def _unchecked(self, recorded: Sequence[Recorded]) -> None:
        for one in recorded:
            self._shared.sent.unchecked[one.response.status if one.response else 0] += 1

    def _ask(self, request: Request, kind: str) -> Recorded:
        """The exchange; `NotServed` if no response came that can be checked."""
        self._named(kind)
        began = time.monotonic()
        try:
            response = self._wire.send(request)
        except (NoResponse, Unreachable) as error:
            raise NotServed(str(error)) from error
        if response.status in TOO_BUSY:
            raise NotServed(f"{response.status}: the server is too busy")
        return Recorded("", request, response, began, time.monotonic(), case=_CASE)

    def _read(self, job: str, tenant: Tenant) -> None:
        """Have it checked what is stored, if the profile says how to read it."""
        if self._target.readback is not None:
            self._shared.check(Read(self._ask_for(job, tenant)), ((tenant.project_id, job),))

    def _ask_for(self, job: str, tenant: Tenant) -> Recorded:
        return self._ask(self._maker.reading(tenant, job), "read-back")


def _kind(size: int) -> str:
    """How the figures name a valid batch of so many items."""
    most = next(bound for bound in (2, 12, 60, *LARGE_SIZES) if size <= bound)
    return f"valid batch, up to {most} items"
