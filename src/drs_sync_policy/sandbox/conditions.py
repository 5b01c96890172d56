"""Simulated network conditions for testing clients: latency, throttling, outages and resets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import attrs
from attrs import field, frozen
from attrs.validators import optional

from drs_sync_policy.sandbox import rejection


def _within(most: float) -> Any:
    def check(_conditions: Any, attribute: Any, value: Any) -> None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= most:
            raise ValueError(f"`{attribute.name}` must be a number from 0 to {most}")

    return check


_share = _within(1)
_amount = _within(60_000)


def _condition(default: float, validator: Any, effect: str) -> Any:
    """A field that the console shows with its `effect`."""
    return field(default=default, validator=validator, metadata={"effect": effect})


@frozen
class NetworkConditions:
    """What happens to requests before they are read; each share is a number from 0 to 1.

    Shares are met evenly and without chance: 0.25 affects every fourth request. With a `seed` they
    are met by chance, and the same seed affects the same requests again.
    """

    latency_ms: float = _condition(0, _amount, "Delay of every response, in milliseconds.")
    throttled: float = _condition(
        0, _share, "Share of the requests that get 429, from 0 to 1; 0.25 is every fourth."
    )
    unavailable: float = _condition(0, _share, "Share of the requests that get 503, from 0 to 1.")
    reset: float = _condition(
        0, _share, "Share of the requests whose connection is reset, from 0 to 1."
    )
    retry_after: int = _condition(1, _amount, "`Retry-After` of a 429 or 503, in seconds.")
    seed: int | None = field(default=None, validator=optional(_amount))

    @classmethod
    def effects(cls) -> dict[str, str]:
        """What each condition that has a control on the console does, by its name."""
        fields = attrs.fields(cls)
        return {a.name: a.metadata["effect"] for a in fields if "effect" in a.metadata}

    @classmethod
    def of(cls, wanted: Mapping[str, Any]) -> NetworkConditions:
        """The conditions that these fields describe; `ValueError` names an invalid field."""
        check_names(wanted, [attribute.name for attribute in attrs.fields(cls)])
        return cls(**wanted)


def check_names(given: Iterable[str], known: Collection[str]) -> None:
    """Raises a `ValueError` for the first name that is not known."""
    for name in given:
        if name not in known:
            choices = ", ".join(f"`{choice}`" for choice in known)
            raise ValueError(f"unknown field `{name}`; valid fields: {choices}")


class ConnectionReset(Exception):
    """The connection is reset instead of a response."""


class Simulator:
    """Applies network conditions to the requests of one sandbox."""

    def __init__(self, conditions: NetworkConditions | None = None) -> None:
        self.change(conditions or NetworkConditions())

    def change(self, conditions: NetworkConditions) -> None:
        """Apply these conditions from the next request on."""
        self.conditions: NetworkConditions = conditions
        self._due: dict[str, float] = {}
        self._random = random.Random(conditions.seed)  # noqa: S311 - no secret

    async def apply(self) -> None:
        """Delay a request; raises the 429, the 503 or the reset that it meets."""
        conditions = self.conditions
        if conditions.latency_ms:
            await asyncio.sleep(conditions.latency_ms / 1000)
        if self._is_due("reset", conditions.reset):
            raise ConnectionReset
        if self._is_due("throttled", conditions.throttled):
            raise rejection.throttled(conditions.retry_after)
        if self._is_due("unavailable", conditions.unavailable):
            raise rejection.unavailable(conditions.retry_after)

    def _is_due(self, name: str, share: float) -> bool:
        if not share:
            return False
        if self.conditions.seed is not None:
            return self._random.random() < share
        due = self._due.get(name, 0.0) + share
        is_due = due >= 1 - 1e-9
        self._due[name] = due - 1 if is_due else due
        return is_due
