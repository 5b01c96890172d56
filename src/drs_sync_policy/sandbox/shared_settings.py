"""What control routes change: active faults and network conditions, the same in every worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from drs_sync_policy.sandbox.active_faults import ActiveFaults
from drs_sync_policy.sandbox.conditions import NetworkConditions, Simulator
from drs_sync_policy.sandbox.store.database import is_unavailable
from drs_sync_policy.sandbox.store.store import Store

_LOG: Final = logging.getLogger(__name__)
_SECONDS: Final = 0.1
"""How often a worker looks for settings that another worker changed."""

_FAULTS: Final = "faults"
_CONDITIONS: Final = "conditions"


class SharedSettings:
    """The settings of one worker, synchronized with its peers through the database.

    A sandbox without peers changes them at once. With peers, a change returns when all of them
    have had the time to see it.
    """

    def __init__(
        self, store: Store, faults: ActiveFaults, simulator: Simulator, *, peers: bool
    ) -> None:
        self._store = store
        self.peers: bool = peers
        self.faults = faults
        self.simulator = simulator

    async def set_faults(self, names: Iterable[str]) -> None:
        """Have exactly these faults active; `UnknownFaultError` for an unknown name."""
        self.faults.activate(names)
        await self._publish(_FAULTS, {"active": list(self.faults.names)})

    async def set_conditions(self, conditions: NetworkConditions) -> None:
        """Apply these network conditions."""
        self.simulator.change(conditions)
        await self._publish(_CONDITIONS, attrs.asdict(conditions))

    async def follow(self) -> None:
        """Take over what peers change, until cancelled; returns at once without peers."""
        while self.peers:
            await asyncio.sleep(_SECONDS)
            await self.take_over()

    async def take_over(self) -> None:
        """Have the settings of the peers, if there are any; a new worker begins with them."""
        if not self.peers:
            return
        try:
            self._apply(await self._store.settings())
        except Exception as error:  # noqa: BLE001 - a database that is away comes back
            if not is_unavailable(error):
                _LOG.exception("cannot follow the settings of other workers")

    def _apply(self, published: Mapping[str, Any]) -> None:
        if _FAULTS in published:
            self.faults.activate(published[_FAULTS]["active"])
        conditions = NetworkConditions.of(published.get(_CONDITIONS, {}))
        if conditions != self.simulator.conditions:
            self.simulator.change(conditions)

    async def _publish(self, name: str, value: dict[str, Any]) -> None:
        if self.peers:
            await self._store.set_setting(name, value)
            await asyncio.sleep(3 * _SECONDS)
