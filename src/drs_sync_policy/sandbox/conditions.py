"""Bad weather for testing clients: latency, throttling, outages and reset connections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import attrs
from attrs import field, frozen

from drs_sync_policy.sandbox import rejection as refusal


def _share(_weather: Any, attribute: Any, value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        raise ValueError(f"`{attribute.name}` must be a number from 0 to 1")


def _amount(_weather: Any, attribute: Any, value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= 60_000:
        raise ValueError(f"`{attribute.name}` must be a number from 0 to 60000")


@frozen
class Weather:
    """What happens to calls before they are looked at, each as a share of them from 0 to 1.

    Shares are met evenly and without chance: 0.25 strikes every fourth call. `latency_ms` delays
    every call; `retry_after` is what a 429 or 503 says, in seconds.
    """

    latency_ms: float = field(default=0, validator=_amount)
    throttled: float = field(default=0, validator=_share)
    unavailable: float = field(default=0, validator=_share)
    reset: float = field(default=0, validator=_share)
    retry_after: int = field(default=1, validator=_amount)

    @classmethod
    def of(cls, wanted: Mapping[str, Any]) -> Weather:
        """The weather that these fields describe; `ValueError` says what is wrong with them."""
        known = [attribute.name for attribute in attrs.fields(cls)]
        unknown = [name for name in wanted if name not in known]
        if unknown:
            choices = ", ".join(f"`{name}`" for name in known)
            raise ValueError(f"there is no `{unknown[0]}` in the weather; there is {choices}")
        return cls(**wanted)


class ConnectionReset(Exception):  # noqa: N818 - it happens to the client, not to the program
    """The connection is to be reset instead of an answer."""


class Sky:
    """The weather of one sandbox, and whose turn it is."""

    def __init__(self, weather: Weather | None = None) -> None:
        self.weather: Weather = weather or Weather()
        self._due: dict[str, float] = {}

    def change(self, weather: Weather) -> None:
        """Let this weather hold from the next call on."""
        self.weather = weather
        self._due = {}

    async def strike(self) -> None:
        """Delay a call; raises the 429, the 503 or the reset that it meets."""
        weather = self.weather
        if weather.latency_ms:
            await asyncio.sleep(weather.latency_ms / 1000)
        if self._is_due("reset", weather.reset):
            raise ConnectionReset
        if self._is_due("throttled", weather.throttled):
            raise refusal.throttled(weather.retry_after)
        if self._is_due("unavailable", weather.unavailable):
            raise refusal.unavailable(weather.retry_after)

    def _is_due(self, name: str, share: float) -> bool:
        if not share:
            return False
        due = self._due.get(name, 0.0) + share
        struck = due >= 1 - 1e-9
        self._due[name] = due - 1 if struck else due
        return struck
