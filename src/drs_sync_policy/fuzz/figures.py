"""What a load measured: latencies, throughput, errors, and how much of it was checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from attrs import field, frozen


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
    """How many requests took so many milliseconds."""
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
