"""The part of one process in a load, and what a master and its workers send each other.

It uses Locust's own protocol: a message for what a worker is assigned, and reports with what is
new. A worker that comes after the beginning is assigned nothing, so it sends nothing.
"""

# Locust's events and runners have no types.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import threading
import time
from typing import Any, Final, cast

from attrs import define, field
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from drs_sync_policy import contract
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.figures import Figures, Group
from drs_sync_policy.fuzz.load import tally
from drs_sync_policy.fuzz.load.checking import check_all
from drs_sync_policy.fuzz.load.jobs import Jobs, places, shared_out
from drs_sync_policy.fuzz.load.mix import Mix
from drs_sync_policy.fuzz.load.session import Shared
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.traffic.second import Second

_ASSIGNED: Final = "drs-sync-policy-assigned"
"""The message by which a master gives a worker its jobs and its part of the rate."""
_PATIENCE: Final = "drs-sync-policy-patience"
"""The message by which a master says how long a worker still checks after the end."""
_FINISH: Final = "drs-sync-policy-finish"
"""The message by which a master has a worker stop its users and work off its queue."""
_NEW: Final = "drs-sync-policy"
"""The part of a worker's report with what it has seen since the last one."""
_MOST_WAITING: Final = 10_000
_NICENESS: Final = 19
"""The checks take only the time that nobody else wants: latencies are what is measured."""
_START_SECONDS: Final = 30.0
PATIENCE: Final = 45.0
"""Seconds in which responses are still checked after the end; Locust gives up a worker after 60."""
SILENCE: Final = 10.0
"""Seconds after which a worker that does not report counts as lost."""
PAUSE: Final = 0.2
"""Seconds that a user waits for its part, and after a request that was not served."""


@define(eq=False)
class Part:
    """The part of one process in a load; what it has seen is in `total`, of workers in a master."""

    target: Target
    edition: str = contract.BASE_EDITION
    rate: float | None = None
    checks: bool = True
    shared: Shared | None = None
    patience: float = PATIENCE
    """Seconds in which responses are still checked after the end."""
    total: dict[str, Any] = field(factory=dict[str, Any])
    reported: dict[str, float] = field(factory=dict[str, float])
    """When each worker reported last."""
    finished: set[str] = field(factory=set[str])
    """The workers that have checked what they will check."""
    gap: float | None = None
    """Seconds between two requests of this process; None until it was given a part of the rate."""
    _free_at: float = 0.0
    _new: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    _second: Second | None = None
    _ending: Second | None = None
    """The second process whose end `finish` waits for, or waited for last."""
    _finishing: threading.Lock = field(factory=threading.Lock)
    _ready: threading.Event = field(factory=threading.Event)
    _is_finished: bool = False

    def prepare(self) -> None:
        """Start the second process, which checks, and wait until it is ready."""
        if not self.checks or self._second is not None:
            return
        self._second = Second(
            check_all,
            (self.target, contract.load(self.edition)),
            received=self._receive,
            died=self._died,
            most_waiting=_MOST_WAITING,
            niceness=_NICENESS,
            silent=True,
        )
        self._ready.clear()
        self._second.start()
        self._ready.wait(_START_SECONDS)

    def assign(self, jobs: list[tuple[int, str]], gap: float) -> None:
        """Begin again, with these jobs."""
        self._is_finished = False
        if self.shared is not None:  # what is not taken yet is of the load before
            self._new = []
        self.prepare()
        oracle = Oracle.of_target(self.target, contract.load(self.edition))
        self.shared = Shared(
            oracle=oracle,
            jobs=Jobs(self.target, jobs),
            mix=Mix(oracle),
            hand_over=self._second.hand_over if self._second else None,
        )
        self.gap = gap

    def finish(self) -> None:
        """Have checked what is still to be checked, after the end of the users."""
        with self._finishing:  # whoever comes second waits for the end, too
            ending, self._second = self._second, None
            if ending is not None:
                self._ending = ending
                ending.end(patience=self.patience)
            if self._second is None:  # else a new load has begun meanwhile
                self._is_finished = True

    def hurry(self, patience: float) -> None:
        """Check for no more than so many seconds after the end, or from now if it has ended."""
        self.patience = patience
        if self._ending is not None:
            self._ending.hurry(patience)

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
            self._new.append({"crashes": {crash.trace: crash.error}})

    def take(self) -> dict[str, Any]:
        """What is new in this process, as `add` adds it."""
        new, self._new = self._new, []
        if self.shared is not None:
            new.append(self.shared.sent.take())
        return {"new": new, "finished": self._is_finished}

    def add(self, taken: dict[str, Any], *, origin: str) -> None:
        """Add to the total what a process has seen."""
        for new in taken["new"]:
            tally.add(self.total, new, origin=origin)
        if taken["finished"]:
            self.finished.add(origin)

    def _receive(self, report: dict[str, Any]) -> None:
        self._new.append(report)
        self._ready.set()

    def _died(self) -> None:
        self._new.append({"died": True})
        self._ready.set()


_parts: dict[int, Part] = {}


def part_of(environment: Environment) -> Part:
    """The part of the process that an environment of Locust runs in."""
    return _parts[id(environment)]


def install(environment: Environment, part: Part) -> None:
    """Let a process do its part; its runner has to exist."""
    _parts[id(environment)] = part
    environment.host = part.target.origin
    runner, listening = environment.runner, cast("Any", environment.events)

    def start(**_: Any) -> None:
        _start(runner, part)

    def fail(exception: BaseException, **_: Any) -> None:
        part.fail(exception)

    def receive(client_id: str, data: dict[str, Any], **_: Any) -> None:
        if _NEW in data:
            part.add(data[_NEW], origin=client_id)
            part.reported[client_id] = time.monotonic()

    def report(data: dict[str, Any], **_: Any) -> None:
        data[_NEW] = part.take()

    def assigned(msg: Any, **_: Any) -> None:
        part.assign(msg.data["jobs"], msg.data["gap"])

    def be_patient(msg: Any, **_: Any) -> None:
        part.hurry(msg.data["patience"])

    def finish(**_: Any) -> None:
        cast("Any", runner).stop()

    def end(**_: Any) -> None:
        part.finish()

    def end_meanwhile(**_: Any) -> None:
        threading.Thread(target=part.finish, daemon=True).start()  # messages still arrive

    def announce(**_: Any) -> None:
        _announce(runner, part)

    def wait(**_: Any) -> None:
        cast("Any", runner).send_message(_FINISH)
        while {*part.reported} - part.finished - {*_lost(part)}:
            time.sleep(0.1)

    listening.test_start.add_listener(start)
    listening.user_error.add_listener(fail)
    if isinstance(runner, MasterRunner):
        listening.worker_report.add_listener(receive)
        listening.test_stopping.add_listener(announce)  # before Locust has the workers stop
        listening.test_stop.add_listener(wait)
        return
    listening.test_stop.add_listener(end_meanwhile if isinstance(runner, WorkerRunner) else end)
    if isinstance(runner, WorkerRunner):
        listening.quitting.add_listener(end)
        listening.report_to_master.add_listener(report)
        runner.register_message(_ASSIGNED, assigned)
        runner.register_message(_PATIENCE, be_patient, concurrent=True)
        runner.register_message(_FINISH, finish, concurrent=True)


def hurry(environment: Environment, patience: float) -> None:
    """Have this process and its workers check no longer than so many seconds."""
    part = part_of(environment)
    part.hurry(patience)
    if isinstance(environment.runner, MasterRunner):
        _announce(environment.runner, part)


def _announce(runner: Any, part: Part) -> None:
    runner.send_message(_PATIENCE, {"patience": part.patience})


def _start(runner: Any, part: Part) -> None:
    """Share out jobs and rate; a worker that comes later gets neither."""
    jobs = places(part.target)
    if isinstance(runner, MasterRunner):
        part.total.clear()
        part.reported.clear()
        part.finished.clear()
        workers = [client.id for client in runner.clients.ready]
        gap = len(workers) / part.rate if part.rate else 0.0
        for worker, mine in zip(workers, shared_out(jobs, len(workers)), strict=True):
            part.reported[worker] = time.monotonic()
            runner.send_message(_ASSIGNED, {"jobs": mine, "gap": gap}, client_id=worker)
    elif isinstance(runner, LocalRunner):
        part.total.clear()
        part.assign(jobs, 1 / part.rate if part.rate else 0.0)


def _lost(part: Part) -> list[str]:
    """The workers that have not reported for so long that they must be gone."""
    latest = time.monotonic() - SILENCE
    return [worker for worker, when in part.reported.items() if when < latest]


def gather(environment: Environment) -> list[str]:
    """Add to the total what is new; the rules that failed until now."""
    part = part_of(environment)
    if isinstance(environment.runner, LocalRunner):
        part.add(part.take(), origin="local")
    return tally.failed(part.total)


def collect(environment: Environment, *, seconds: float, users: int) -> dict[str, Any]:
    """All that was seen and measured, as `tally.enter` and `Figures.from_json` read it."""
    part = part_of(environment)
    gather(environment)
    figures = Figures(
        users=users,
        workers=len(part.reported) or 1,
        lost=len(_lost(part)),
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
        latencies=dict(entry.response_times),
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
