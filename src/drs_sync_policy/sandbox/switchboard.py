"""Which faults are on, and the steps that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox.faults import Fault, catalogue, compose, find
from drs_sync_policy.sandbox.operations import HANDLERS, HandlerFactory
from drs_sync_policy.sandbox.steps import Credentials, Steps
from drs_sync_policy.sandbox.store.store import Store


class Switchboard:
    """The steps of one sandbox; they change when faults are switched on or off."""

    def __init__(
        self,
        contract: Contract,
        store: Store,
        *,
        faults: Iterable[str] = (),
        credentials: Credentials | None = None,
        handlers: Mapping[str, HandlerFactory] = HANDLERS,
    ) -> None:
        self._contract = contract
        self._store = store
        self._credentials = credentials
        self._handlers = handlers
        self._active: tuple[Fault, ...] = ()
        self._steps = self._composed(())
        self.switch(faults)

    @property
    def steps(self) -> Steps:
        """The steps of the next call."""
        return self._steps

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the faults that are on."""
        return tuple(fault.name for fault in self._active)

    @property
    def catalogue(self) -> tuple[Fault, ...]:
        """Every fault that can be switched on."""
        return catalogue(self._contract)

    def switch(self, names: Iterable[str]) -> None:
        """Have exactly these faults on; `UnknownFaultError` where there is none of a name."""
        wanted = tuple(dict.fromkeys(names))
        if wanted == self.active:
            return
        active = find(wanted, self._contract)
        self._steps = self._composed(active)
        self._active = active

    def _composed(self, faults: tuple[Fault, ...]) -> Steps:
        return compose(self._contract, self._store, faults, self._credentials, self._handlers)
