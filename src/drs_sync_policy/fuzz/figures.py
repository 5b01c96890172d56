"""What a load measured: latencies, throughput, errors, and how much of it was checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from attrs import evolve, field, frozen


@frozen
class Group:
    """Requests of one kind; the latencies are in milliseconds."""

    name: str
    requests: int
    errors: int
    """How many got no response, or one that says that the server could not serve it."""
    median: float
    p95: float
    p99: float
    longest: float
    latencies: Mapping[int, int] = field(factory=dict[int, int])
    """How many requests took so many milliseconds; longer ones are rounded to two digits."""

    @property
    def error_share(self) -> float:
        """The part of the requests that are errors, from 0 to 1."""
        return self.errors / self.requests if self.requests else 0.0


@frozen
class Share:
    """How many responses of one kind came, and how many of them were checked."""

    name: str
    responses: int
    checked: int
    missed: int = 0
    """How many more were to be checked, and were not in time."""


@frozen
class Figures:
    """The figures of one load."""

    users: int
    workers: int
    """How many processes sent requests."""
    lost: int
    """How many of them stopped reporting before the end."""
    rate: float | None
    """The most requests a second, None if there was no limit."""
    seconds: float
    total: Group
    groups: tuple[Group, ...] = ()
    errors: Mapping[str, int] = field(factory=dict[str, int])
    """How many requests had which error."""
    latencies: Mapping[int, int] = field(factory=dict[int, int])
    """Those of all requests."""
    per_second: tuple[int, ...] = ()
    """The requests of each second."""
    shares: tuple[Share, ...] = ()

    @property
    def throughput(self) -> float:
        """Requests a second."""
        return self.total.requests / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
        plain: dict[str, Any] = msgspec.to_builtins(self, str_keys=True)
        return {**plain, "throughput": round(self.throughput, 3)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Figures:
        """What `as_json` wrote."""
        return msgspec.convert(found, cls, strict=False)


Key = TypeVar("Key", int, str)
Span = tuple[float, Figures]
"""The figures of a load, and when it began, in seconds since 1970."""


def joined(loads: Sequence[Span]) -> Figures:
    """The figures of several loads as one, whether they ran at the same time or in turns.

    Latencies are counted together and the percentiles are of all of them, not means of percentiles.
    """
    loads = sorted(loads, key=lambda load: load[0])
    all_of = [figures for _, figures in loads]
    names = dict.fromkeys(group.name for figures in all_of for group in figures.groups)
    by_name = [
        [group for one in all_of for group in one.groups if group.name == name and group.latencies]
        for name in sorted(names)
    ]
    places, seconds = _places(loads)
    per_second: Counter[int] = Counter()
    for place, figures in zip(places, all_of, strict=True):
        for second, number in enumerate(figures.per_second, int(place)):
            per_second[second] += number
    limited = all(figures.rate for figures in all_of)
    total = _group([evolve(one.total, latencies=one.latencies) for one in all_of])
    return Figures(
        users=int(_most(loads, lambda figures: figures.users)),
        workers=int(_most(loads, lambda figures: figures.workers)),
        lost=sum(figures.lost for figures in all_of),
        rate=_most(loads, lambda figures: figures.rate or 0.0) if limited else None,
        seconds=round(seconds, 3),
        total=total,
        groups=tuple(map(_group, filter(None, by_name))),
        errors=_sum(figures.errors for figures in all_of),
        latencies=total.latencies,
        per_second=tuple(per_second[second] for second in range(max(per_second, default=-1) + 1)),
        shares=_shares(all_of),
    )


def percentile(latencies: Mapping[int, int], part: float) -> float:
    """The latency within which this part of all requests ended, as Locust calculates it."""
    left = int(sum(latencies.values()) * part)
    for latency in sorted(latencies):
        left -= latencies[latency]
        if left < 0:
            return float(latency)
    return 0.0


def _group(groups: Sequence[Group]) -> Group:
    latencies = _sum(group.latencies for group in groups)
    return Group(
        name=groups[0].name,
        requests=sum(group.requests for group in groups),
        errors=sum(group.errors for group in groups),
        median=percentile(latencies, 0.5),
        p95=percentile(latencies, 0.95),
        p99=percentile(latencies, 0.99),
        longest=max(group.longest for group in groups),
        latencies=latencies,
    )


def _sum(counts: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    total: Counter[Key] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


def _shares(loads: Iterable[Figures]) -> tuple[Share, ...]:
    total: dict[str, Share] = {}
    for share in (share for figures in loads for share in figures.shares):
        known = total.get(share.name, Share(share.name, 0, 0))
        total[share.name] = Share(
            share.name,
            known.responses + share.responses,
            known.checked + share.checked,
            known.missed + share.missed,
        )
    return tuple(total[name] for name in sorted(total))


def _places(loads: Iterable[Span]) -> tuple[list[float], float]:
    """Where each load begins if nothing is between them, and how long all of them took."""
    places: list[float] = []
    length, until = 0.0, float("-inf")
    for began, figures in loads:
        places.append(max(length - max(until - began, 0.0), 0.0))
        ended = began + figures.seconds
        length += max(ended - max(until, began), 0.0)
        until = max(until, ended)
    return places, length


def _most(loads: Sequence[Span], of: Callable[[Figures], float]) -> float:
    """The largest sum of loads that ran at the same time."""
    return max(
        sum(of(figures) for start, figures in loads if start <= began < start + figures.seconds)
        for began, _ in loads
    )
