"""What control routes switch, followed by every worker that shares the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final

import attrs

from drs_sync_policy.sandbox.conditions import Sky, Weather
from drs_sync_policy.sandbox.store.database import is_unavailable
from drs_sync_policy.sandbox.store.store import Store
from drs_sync_policy.sandbox.switchboard import Switchboard

_LOG: Final = logging.getLogger(__name__)
_SECONDS: Final = 0.1
"""How often a worker looks for switches that another one was told of."""

_FAULTS: Final = "faults"
_WEATHER: Final = "weather"


class Switches:
    """Faults and weather of one worker, kept the same as those of its fellows.

    Alone on its database, a sandbox switches at once. With fellows, a switch is answered when all
    of them have had the time to see it.
    """

    def __init__(self, store: Store, board: Switchboard, sky: Sky, *, fellows: bool) -> None:
        self._store = store
        self._fellows = fellows
        self.board = board
        self.sky = sky

    async def set_faults(self, names: Iterable[str]) -> None:
        """Have exactly these faults on; `UnknownFaultError` where there is none of a name."""
        self.board.switch(names)
        await self._tell(_FAULTS, {"active": list(self.board.active)})

    async def set_weather(self, weather: Weather) -> None:
        """Have this weather."""
        self.sky.change(weather)
        await self._tell(_WEATHER, attrs.asdict(weather))

    async def follow(self) -> None:
        """See what fellows were told of, until cancelled; alone, there is nothing to see."""
        while self._fellows:
            await asyncio.sleep(_SECONDS)
            try:
                self._take_over(await self._store.switches())
            except Exception as error:  # noqa: BLE001 - a database that is away comes back
                if not is_unavailable(error):
                    _LOG.exception("cannot follow the switches of other workers")

    def _take_over(self, told: Any) -> None:
        if _FAULTS in told:
            self.board.switch(told[_FAULTS]["active"])
        weather = Weather.of(told.get(_WEATHER, {}))
        if weather != self.sky.weather:
            self.sky.change(weather)

    async def _tell(self, name: str, value: dict[str, Any]) -> None:
        if self._fellows:
            await self._store.switch(name, value)
            await asyncio.sleep(3 * _SECONDS)
