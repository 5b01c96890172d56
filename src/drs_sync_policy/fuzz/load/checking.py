"""Checks what users of a load saw, in a second process: users only send and take the time.

Entries come in the order in which users handed them over, so what belongs to one job is in order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.evidence.encode import Encoder
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.load.tally import Tally
from drs_sync_policy.fuzz.readback import NOTHING_EXPECTED
from drs_sync_policy.fuzz.rules.checking import check
from drs_sync_policy.fuzz.rules.evidence import Evidence, Policy
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.traffic.checker import TrafficChecker
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.fuzz.traffic.recorded import size_of as _size_of
from drs_sync_policy.fuzz.traffic.second import Arrivals

_RULE: Final[AnyRule] = "concurrent-calls-take-turns"
_REPORT_SECONDS: Final = 1.0


@frozen
class Seen:
    """One exchange of the operation; `kind` names its share in the figures."""

    recorded: Recorded
    kind: str


@frozen
class Read:
    """A reading of a policy."""

    recorded: Recorded


@frozen
class Together:
    """Requests for jobs of one project that were sent at the same time, and what was read after."""

    kind: str
    project_id: str
    recorded: tuple[Recorded, ...]
    readings: Mapping[str, Recorded]
    """By job."""


@frozen
class Lost:
    """Jobs, each with its project, whose stored policy is not known."""

    places: tuple[tuple[str, str], ...]


Entry = Seen | Read | Together | Lost


class Checks:
    """The checks of one process of a load."""

    def __init__(self, target: Target, against: Contract) -> None:
        self._checker = TrafficChecker(target, against=against, controlled=True)
        self.tally: Tally = Tally(self._checker.ledger, Encoder.of(target))
        """What was checked and found."""

    def add(self, entry: Entry) -> None:
        """Check one entry; a bug of ours is noted, and does not end the load."""
        try:
            self._add(entry)
        except Exception as error:  # noqa: BLE001 - whatever it is, the verdict names it
            crash = Crash.of(error, during="the load")
            self.tally.crashes[crash.trace] = crash.error

    def _add(self, entry: Entry) -> None:
        if isinstance(entry, Seen):
            self.tally.arrived[entry.kind] += 1
            self.tally.checked[entry.kind] += 1
            self._checker.add(entry.recorded)
        elif isinstance(entry, Read):
            self._checker.add(_reading(entry.recorded))
        elif isinstance(entry, Lost):
            for project_id, job in entry.places:
                self._checker.lose_track(project_id, job)
        else:
            self._add_together(entry)

    def _add_together(self, entry: Together) -> None:
        """Check only whether some order of the requests explains what is stored."""
        checker = self._checker
        after: dict[str, Policy] = {}
        for job, reading in entry.readings.items():
            checker.lose_track(entry.project_id, job)
            checker.add(_reading(reading))
            policy = checker.readings.policy(reading, job, may_lack=True)
            if policy is not None:
                after[job] = policy
        seen = [*map(self._exchange, entry.recorded)]
        for exchange in seen:
            checker.ledger.count_request(exchange.response.status if exchange.response else 0)
        self.tally.arrived[entry.kind] += len(seen)
        if len(after) < len(entry.readings):
            return
        self.tally.checked[entry.kind] += len(seen)
        evidence = Evidence(
            tuple(seen),
            project_id=entry.project_id,
            readable=checker.readings.fields,
            after=after,
            readings=tuple(
                Exchange(reading.request, NOTHING_EXPECTED, reading.response)
                for reading in entry.readings.values()
            ),
        )
        case = f"{len(seen)} requests at once under load"
        for violation in check(checker.oracle, _RULE, evidence, checker.ledger, case=case):
            checker.ledger.record(violation)

    def _exchange(self, recorded: Recorded) -> Exchange:
        expectation = self._checker.oracle.expect(recorded.request)
        return Exchange(recorded.request, expectation, recorded.response)


def _reading(recorded: Recorded) -> Recorded:
    return evolve(recorded, expectation=NOTHING_EXPECTED)


def size_of(entry: Entry) -> int:
    """Roughly the memory that an entry takes, in bytes."""
    recorded: Sequence[Recorded] = ()
    if isinstance(entry, (Seen, Read)):
        recorded = (entry.recorded,)
    elif isinstance(entry, Together):
        recorded = (*entry.recorded, *entry.readings.values())
    return 200 + sum(_size_of(one) for one in recorded)


def check_all(arrivals: Arrivals, target: Target, against: Contract) -> int:
    """What the second process does: it reports what is new each second, and at the end."""
    checks = Checks(target, against)
    arrivals.report(checks.tally.take())  # it is ready
    reported = time.monotonic()
    for entry in arrivals:
        checks.add(entry)
        if time.monotonic() - reported > _REPORT_SECONDS:
            arrivals.report(checks.tally.take())
            reported = time.monotonic()
    arrivals.report(checks.tally.take())
    return 0
