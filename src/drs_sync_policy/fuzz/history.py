"""What was set and read of each job, so that a finding shows how what is stored came about.

A request that leaves a field out, or that is rejected, shows nothing by itself: a correct and a
faulty server respond alike unless something was stored before. An earlier request stored it, and a
reader who reproduces the finding on another server needs that request, too.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.ledger import Exchange, Violation
from drs_sync_policy.fuzz.target.profile import Tenant

Policy = Mapping[str, Any]

UNKNOWN: Final[Any] = object()
"""Stands for a value that is not stored or not known."""


@frozen
class Event:
    """Evidence of what is stored for a job: the items that set it, or a reading."""

    exchange: Exchange
    items: tuple[Policy, ...] = ()
    """The fields of each item that succeeded, in their order; empty for a reading."""
    fields: Policy = field(factory=dict[str, Any])
    """Every field that the items set, with the value that the last of them gave."""
    reading: Policy | None = None

    @property
    def is_reading(self) -> bool:
        """Whether it shows what was stored, and changed nothing."""
        return self.reading is not None


class History:
    """The events of each job. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[tuple[str, str], list[Event]] = {}
        self._succeeded: dict[tuple[str, str], bool] = {}

    def sent(self, exchange: Exchange) -> None:
        """Remember what a request set."""
        tenant = exchange.expectation.tenant
        if tenant is None or not exchange.expectation.items:
            return
        items_of: dict[str, list[Policy]] = {}
        for item, succeeded in _carried_out(exchange):
            if item[JOB] in tenant.job_ids:
                self._count(tenant, item[JOB], succeeded=succeeded)
            if succeeded:
                items_of.setdefault(item[JOB], []).append(item)
        for job, items in items_of.items():
            bare = _fields(items)
            merged = {name: value for item in bare for name, value in item.items()}
            self._add(tenant, job, Event(exchange, bare, merged))

    def read(self, tenant: Tenant, job: str, policy: Policy, exchange: Exchange) -> None:
        """Remember what was read."""
        self._add(tenant, job, Event(exchange, reading=policy))

    def failing(self, tenant: Tenant) -> list[str]:
        """The tenant's own jobs whose items were sent and never succeeded."""
        with self._lock:
            known = self._succeeded
            return [job for job in tenant.job_ids if known.get((tenant.project_id, job)) is False]

    def was_stored(self, name: str, value: Any) -> bool:
        """Whether a value was ever read right after a request that set it, and not before."""
        with self._lock:
            known = [tuple(events) for events in self._events.values()]
        return any(
            _gives(one, {name: value})
            and then.reading is not None
            and name in then.reading
            and ijson.same(then.reading[name], value)
            and not _holds(Past(events[:place], ()).value(name), value)
            for events in known
            for place, (one, then) in enumerate(itertools.pairwise(events))
        )

    def _count(self, tenant: Tenant, job: str, *, succeeded: bool) -> None:
        key = (tenant.project_id, job)
        with self._lock:
            self._succeeded[key] = succeeded or self._succeeded.get(key, False)

    def _add(self, tenant: Tenant, job: str, event: Event) -> None:
        with self._lock:
            self._events.setdefault((tenant.project_id, job), []).append(event)

    def with_preparation(self, violation: Violation) -> Violation:
        """The violation with the earlier requests that set what the job had stored before."""
        stored = violation.stored
        if stored is None:
            return violation
        past = self.of(stored.project_id, stored.job, violation.exchanges)
        before = past.leading_to(stored.wanted, stored.found, stored.fields)
        exchanges = (*before, *violation.exchanges)
        return evolve(violation, exchanges=exchanges, prepared=len(before))

    def of(self, project_id: str, job: str, seen: Sequence[Exchange]) -> Past:
        """What is known of a job when the exchanges `seen` began, and what they set of it."""
        with self._lock:
            events = list(self._events.get((project_id, job), ()))
        mine = {id(exchange) for exchange in seen}
        begin = next((n for n, event in enumerate(events) if id(event.exchange) in mine), None)
        during = [event for event in events if id(event.exchange) in mine]
        return Past(tuple(events[:begin]), tuple(item for event in during for item in event.items))


@frozen
class Past:
    """What is known of a job before some exchanges, and its items that these carried out."""

    events: tuple[Event, ...]
    items: tuple[Policy, ...]

    def value(self, name: str) -> Any:
        """The value that a field has, by the last that is known of it; else `UNKNOWN`."""
        for event in reversed(self.events):
            if event.reading is not None:
                return event.reading.get(name, UNKNOWN)
            if name in event.fields:
                return event.fields[name]
        return UNKNOWN

    def given(self, name: str) -> list[Any]:
        """The values that the items gave a field, in their order."""
        return [item[name] for item in self.items if name in item]

    def leading_to(
        self, wanted: Policy, found: Policy, names: Iterable[str]
    ) -> tuple[Exchange, ...]:
        """The fewest earlier requests that set what `wanted` and `found` of these fields rest on.

        In the order in which they were sent. None where the exchanges themselves set it all.
        """
        needed = dict(self._needed(wanted, found, names))
        if not needed:
            return ()
        setting = [event for event in self.events if event.fields]
        whole = [event for event in setting if _gives(event, needed)]
        if whole:
            return (_smallest(whole).exchange,)
        chosen = {
            id(event): event
            for name, value in needed.items()
            for event in _setter(setting, name, value, needed)
        }
        return tuple(event.exchange for event in setting if id(event) in chosen)

    def _needed(
        self, wanted: Policy, found: Policy, names: Iterable[str]
    ) -> Iterator[tuple[str, Any]]:
        """The fields, with their values, that have to be stored beforehand."""
        for name in names:
            if name in wanted and not any(ijson.same(wanted[name], v) for v in self.given(name)):
                yield name, wanted[name]
            elif name in found and self.value(name) is not UNKNOWN:
                yield name, self.value(name)


def _carried_out(exchange: Exchange) -> Iterator[tuple[Policy, bool]]:
    """The items of a request, each with whether it succeeded; none if the response is no 200."""
    for item, result in zip(exchange.expectation.items, exchange.results or (), strict=False):
        yield item, result.get("status") == "success"


def _fields(items: Iterable[Policy]) -> tuple[Policy, ...]:
    """The items without their job; of many in a row that set nothing, only one."""
    bare = ({name: value for name, value in item.items() if name != JOB} for item in items)
    return tuple(
        fields
        for empty, group in itertools.groupby(bare, key=lambda fields: not fields)
        for fields in itertools.islice(group, 1 if empty else None)
    )


def _gives(event: Event, needed: Policy) -> bool:
    fields = event.fields
    return all(name in fields and ijson.same(fields[name], v) for name, v in needed.items())


def _setter(setting: Sequence[Event], name: str, value: Any, needed: Policy) -> Iterator[Event]:
    """The request to set one field by: one that spoils none of the others, where there is one."""
    giving = [event for event in setting if _gives(event, {name: value})]
    pure = [
        event
        for event in giving
        if _gives(event, {k: v for k, v in needed.items() if k in event.fields})
    ]
    if pure:
        yield _smallest(pure)
    else:
        naming = giving or [event for event in setting if name in event.fields]
        yield from naming[-1:]


def _holds(known: Any, value: Any) -> bool:
    return known is not UNKNOWN and ijson.same(known, value)


def _smallest(events: Sequence[Event]) -> Event:
    """The smallest request; of several, the last."""
    return min(reversed(events), key=lambda event: len(event.exchange.request.body or b""))
