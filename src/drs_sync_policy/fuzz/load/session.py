"""What one simulated user does: it sends, reads back, and hands everything over to be checked.

Nothing here knows Locust. A response that says that the server is too busy, and a request without a
response, are errors of the load and say nothing about a rule.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from attrs import define, field

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.load.jobs import Jobs, Lease, Round
from drs_sync_policy.fuzz.load.mix import LARGE_SIZES, SAMPLED, SIZES, SMALL_BYTES, Mix
from drs_sync_policy.fuzz.load.tally import Tally
from drs_sync_policy.fuzz.prober import Prober, TargetDown
from drs_sync_policy.fuzz.readback import NOTHING_EXPECTED, Policy, PolicyReader, Unreadable
from drs_sync_policy.fuzz.rules.checking import check
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Response, Unreachable, Wire
from drs_sync_policy.fuzz.target.profile import Tenant
from drs_sync_policy.fuzz.traffic.checker import TrafficChecker
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.fuzz.verdict import Exchange

_RULE: Final[AnyRule] = "concurrent-calls-take-turns"
TOO_BUSY: Final = frozenset({429, 502, 503, 504})
"""What a server, or a gateway before it, says if it cannot serve the request now."""
SMALL: Final = f"requests up to {SMALL_BYTES // 1024} KiB"
LARGE: Final = "larger requests, by sample"
TOGETHER: Final = "requests for one job at the same time"
_CASE: Final = "under load"
_AT_ONCE: Final = 6
"""So many users at most send whole policies at the same time."""
_NOT_READ: Final = Exchange(Request("GET", ""), NOTHING_EXPECTED)
_PATIENCE: Final = 0.5
"""Seconds that a user waits for others to send at the same time."""


class Lost(Exception):  # noqa: N818 - it is no error of ours
    """There is no response that can be checked; what is stored is not known."""


@define
class Shared:
    """What the users of one process share."""

    checker: TrafficChecker
    tally: Tally
    jobs: Jobs
    mix: Mix
    checks: bool = True
    """Whether responses are checked at all; without, it is a load like any other."""
    meeting: Round | None = None
    """The round that more users can join."""
    lock: threading.Lock = field(factory=threading.Lock)

    def add(self, recorded: Recorded) -> None:
        """Check one exchange."""
        with self.lock:
            self.checker.add(recorded)

    def check(self, rule: AnyRule, evidence: Evidence, *, case: str) -> None:
        """Check one rule."""
        checker = self.checker
        with self.lock:
            for violation in check(checker.oracle, rule, evidence, checker.ledger, case=case):
                checker.ledger.record(violation)

    def lose_track(self, tenant: Tenant, job: str) -> None:
        """Take what is stored for a job as unknown."""
        with self.lock:
            self.checker.lose_track(tenant.project_id, job)


class Session:
    """One user. `named` is called with the kind of each request before it is sent."""

    def __init__(
        self, shared: Shared, wire: Wire, *, seed: int, named: Callable[[str], object]
    ) -> None:
        self._shared = shared
        self._named = named
        self._source = random.Random(seed)  # noqa: S311 - nothing secret about it
        oracle = shared.checker.oracle
        self._prober = Prober(oracle, wire, shared.checker.ledger, seed=seed)
        self._prober.on_exchange = self._was_read
        self._reader: PolicyReader | None = None
        if oracle.target.readback is not None:
            self._reader = PolicyReader(self._prober, shared.mix.bodies.fields)
        self._began = 0.0

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
        target = self._shared.checker.target
        tenants = [tenant for tenant in (target.tenant, target.other) if tenant]
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
        tenant = self._shared.checker.target.tenant
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
        elif meeting is not None or self._reader is None:
            self.own()
        else:
            self._meet()

    def _meet(self) -> None:
        with self._lease(2) as lease:
            if lease is None:
                return self.strange()
            bodies = [*self._requests(lease)]
            requests = [self._prober.request(body, tenant=lease.tenant) for body in bodies]
            meeting = self._shared.meeting = Round(requests)
            try:
                number = meeting.begin(_PATIENCE)
                self._shared.meeting = None
                meeting.send(0, self._at_once)
                if not meeting.all_ended(self._prober.target.timeout) or len(meeting.seen) < number:
                    raise Lost
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

    def _at_once(self, request: Request) -> Exchange:
        recorded = self._ask(request, "several at once")
        expectation = self._shared.checker.oracle.expect(request)
        return Exchange(request, expectation, recorded.response)

    def _check(self, meeting: Round, lease: Lease) -> None:
        """Only whether some order of the requests explains what is stored."""
        shared, seen = self._shared, meeting.seen
        for job in lease.job_ids:
            shared.lose_track(lease.tenant, job)
        for exchange in seen:
            shared.checker.ledger.count_request(
                exchange.response.status if exchange.response else 0
            )
        read = {job: self._read(job, lease.tenant) for job in lease.job_ids}
        if len(seen) < 2:
            return
        shared.tally.responses[TOGETHER] += len(seen)
        if not shared.checks or self._reader is None:
            return
        shared.tally.checked[TOGETHER] += len(seen)
        evidence = Evidence(
            tuple(seen),
            project_id=lease.tenant.project_id,
            readable=self._reader.fields,
            after={job: policy for job, (policy, _) in read.items()},
            readings=tuple(exchange for _, exchange in read.values()),
        )
        shared.check(_RULE, evidence, case=f"{len(seen)} requests at once under load")

    # --- sending ----------------------------------------------------------------------------------

    @contextmanager
    def _lease(self, most: int) -> Generator[Lease | None]:
        """Jobs for the block; if it fails, nobody gets them before the requests must be done."""
        lease = self._shared.jobs.take(most, self._source)
        if lease is None:
            yield None
            return
        rest = 2 * self._prober.target.timeout
        try:
            yield lease
            rest = 0.0
        finally:
            if rest:
                for job in lease.job_ids:
                    self._shared.lose_track(lease.tenant, job)
            self._shared.jobs.give_back(lease, after=rest)

    def _send(self, body: bytes, tenant: Tenant, kind: str, *, checked: bool = True) -> None:
        language = self._source.choice(self._shared.mix.languages)
        request = self._prober.request(body, tenant=tenant, language=language)
        recorded = self._ask(request, kind)
        size = SMALL if len(body) <= SMALL_BYTES else LARGE
        self._shared.tally.responses[size] += 1
        if checked and self._shared.checks:
            self._shared.tally.checked[size] += 1
            self._shared.add(recorded)
        elif recorded.response is not None:
            self._shared.checker.ledger.count_request(recorded.response.status)

    def _ask(self, request: Request, kind: str) -> Recorded:
        """The exchange; `Lost` if there is no response to be checked."""
        self._named(kind)
        began = time.monotonic()
        try:
            response = self._prober.wire.send(request)
        except (NoResponse, Unreachable) as error:
            raise Lost(str(error)) from error
        _must_be_served(response)
        return Recorded("", request, response, began, time.monotonic(), case=_CASE)

    def _read(self, job: str, tenant: Tenant) -> tuple[Policy, Exchange]:
        if self._reader is None:
            return {}, _NOT_READ
        self._named("read-back")
        self._began = time.monotonic()
        try:
            policy, exchange = self._reader.read(job, tenant=tenant, may_lack=True, recorded=False)
        except (NoResponse, TargetDown, Unreadable) as error:
            raise Lost(str(error)) from error
        return policy, exchange

    def _was_read(self, exchange: Exchange) -> None:
        if exchange.response is None or not self._shared.checks:
            return
        _must_be_served(exchange.response)
        ended = time.monotonic()
        recorded = Recorded(
            "",
            exchange.request,
            exchange.response,
            self._began,
            ended,
            expectation=NOTHING_EXPECTED,
            case=_CASE,
        )
        self._shared.add(recorded)


def _must_be_served(response: Response) -> None:
    if response.status in TOO_BUSY:
        raise Lost(f"{response.status}: the server is too busy")


def _kind(size: int) -> str:
    """How the figures name a valid batch of so many items."""
    most = next(bound for bound in (2, 12, 60, *LARGE_SIZES) if size <= bound)
    return f"valid batch, up to {most} items"
