"""The part of one process in a load, and what a master and its workers send each other.

It uses Locust's own protocol: a message for what a worker is assigned, and reports with what is
new. A worker that comes after the beginning is assigned nothing, so it sends nothing.
"""

# Locust's events and runners have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import time
from typing import Any, Final, cast
from urllib.parse import urlsplit

from attrs import define, field
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from drs_sync_policy import contract
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.evidence.encode import Encoder
from drs_sync_policy.fuzz.figures import Figures, Group
from drs_sync_policy.fuzz.load import tally
from drs_sync_policy.fuzz.load.jobs import Jobs, places, shared_out
from drs_sync_policy.fuzz.load.mix import Mix
from drs_sync_policy.fuzz.load.session import Shared
from drs_sync_policy.fuzz.load.tally import Tally
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.traffic.checker import TrafficChecker

_ASSIGNED: Final = "drs-sync-policy-assigned"
"""The message by which a master gives a worker its jobs and its part of the rate."""
_NEW: Final = "drs-sync-policy"
"""The part of a worker's report with what it has seen since the last one."""
SILENCE: Final = 10.0
"""Seconds after which a worker that does not report counts as lost."""
PAUSE: Final = 0.2
"""Seconds that a user waits for its part, and after a request that was not served."""


@define
class Part:
    """The part of one process in a load; what it has seen is in `total`, of workers in a master."""

    target: Target
    edition: str = contract.BASE_EDITION
    rate: float | None = None
    checks: bool = True
    shared: Shared | None = None
    total: dict[str, Any] = field(factory=dict[str, Any])
    reported: dict[str, float] = field(factory=dict[str, float])
    """When each worker reported last."""
    gap: float | None = None
    """Seconds between two requests of this process; None until it was given a part of the rate."""
    _free_at: float = 0.0
    _crashes: dict[str, str] = field(factory=dict[str, str])

    def assign(self, jobs: list[tuple[int, str]], gap: float) -> None:
        """Begin again, with these jobs."""
        against = contract.load(self.edition)
        checker = TrafficChecker(self.target, against=against, controlled=True)
        self.shared = Shared(
            checker=checker,
            tally=Tally(checker.ledger, Encoder.of(self.target)),
            jobs=Jobs(self.target, jobs),
            mix=Mix(checker.oracle),
            checks=self.checks,
        )
        self.gap = gap

    def wait_for_turn(self) -> None:
        """Wait until the rate allows one more request."""
        while self.gap is None:
            time.sleep(PAUSE)
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + self.gap
        time.sleep(max(self._free_at - self.gap - now, 0.0))

    def fail(self, error: BaseException) -> None:
        """Note a bug of ours."""
        if isinstance(error, Exception):
            crash = Crash.of(error, during="the load")
            self._crashes[crash.trace] = crash.error

    def take(self) -> dict[str, Any]:
        """What is new in this process."""
        crashes, self._crashes = self._crashes, {}
        found = self.shared.tally.take() if self.shared else {"counts": {}, "violations": {}}
        return {**found, "crashes": crashes}


_parts: dict[int, Part] = {}


def origin(target: Target) -> str:
    """Scheme, host and port of a target."""
    parts = urlsplit(target.url)
    return f"{parts.scheme}://{parts.netloc}"


def part_of(environment: Environment) -> Part:
    """The part of the process that an environment of Locust runs in."""
    return _parts[id(environment)]


def install(environment: Environment, part: Part) -> None:
    """Let a process do its part; its runner has to exist."""
    _parts[id(environment)] = part
    environment.host = origin(part.target)
    runner, listening = environment.runner, cast("Any", environment.events)

    def start(**_: Any) -> None:
        _start(runner, part)

    def fail(exception: BaseException, **_: Any) -> None:
        part.fail(exception)

    def receive(client_id: str, data: dict[str, Any], **_: Any) -> None:
        if _NEW in data:
            tally.add(part.total, data[_NEW], origin=client_id)
            part.reported[client_id] = time.monotonic()

    def report(data: dict[str, Any], **_: Any) -> None:
        data[_NEW] = part.take()

    def assigned(msg: Any, **_: Any) -> None:
        part.assign(msg.data["jobs"], msg.data["gap"])

    listening.test_start.add_listener(start)
    listening.user_error.add_listener(fail)
    if isinstance(runner, MasterRunner):
        listening.worker_report.add_listener(receive)
    elif isinstance(runner, WorkerRunner):
        listening.report_to_master.add_listener(report)
        runner.register_message(_ASSIGNED, assigned)


def _start(runner: Any, part: Part) -> None:
    """Share out jobs and rate; a worker that comes later gets neither."""
    jobs = places(part.target)
    if isinstance(runner, MasterRunner):
        part.total.clear()
        part.reported.clear()
        workers = [client.id for client in runner.clients.ready]
        gap = len(workers) / part.rate if part.rate else 0.0
        for worker, mine in zip(workers, shared_out(jobs, len(workers)), strict=True):
            part.reported[worker] = time.monotonic()
            runner.send_message(_ASSIGNED, {"jobs": mine, "gap": gap}, client_id=worker)
    elif isinstance(runner, LocalRunner):
        part.total.clear()
        part.assign(jobs, 1 / part.rate if part.rate else 0.0)


def lost(environment: Environment) -> int:
    """How many workers have not reported for so long that they must be gone."""
    latest = time.monotonic() - SILENCE
    return sum(when < latest for when in part_of(environment).reported.values())


def collect(environment: Environment, *, seconds: float, users: int) -> dict[str, Any]:
    """All that was seen and measured, as `tally.enter` and `Figures.from_json` read it."""
    part, runner = part_of(environment), environment.runner
    if isinstance(runner, LocalRunner):
        tally.add(part.total, part.take(), origin="local")
    figures = Figures(
        users=users,
        workers=len(part.reported) or 1,
        lost=lost(environment),
        rate=part.rate,
        seconds=round(seconds, 3),
        total=_group(environment.stats.total, "all requests"),
        groups=tuple(
            _group(entry, entry.name) for _, entry in sorted(environment.stats.entries.items())
        ),
        errors=_errors(environment),
        latencies=dict(environment.stats.total.response_times),
        per_second=_per_second(environment.stats.total.num_reqs_per_sec),
        shares=tally.shares(part.total),
    )
    return {"total": part.total, "figures": figures.as_json()}


def _group(entry: Any, name: str) -> Group:
    percentile = entry.get_response_time_percentile
    return Group(
        name=name,
        requests=entry.num_requests,
        errors=entry.num_failures,
        median=percentile(0.5),
        p95=percentile(0.95),
        p99=percentile(0.99),
        longest=round(entry.max_response_time, 1),
    )


def _errors(environment: Environment) -> dict[str, int]:
    found: dict[str, int] = {}
    for error in environment.stats.errors.values():
        found[str(error.error)] = found.get(str(error.error), 0) + error.occurrences
    return found


def _per_second(counts: dict[int, int]) -> tuple[int, ...]:
    if not counts:
        return ()
    return tuple(counts.get(second, 0) for second in range(min(counts), max(counts) + 1))
