"""The active faults of a sandbox, and the pipeline that contains them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox.faults import Fault, catalogue, compose, find
from drs_sync_policy.sandbox.operations import HANDLERS, HandlerFactory
from drs_sync_policy.sandbox.pipeline import Credentials, Pipeline
from drs_sync_policy.sandbox.store.store import Store


class ActiveFaults:
    """The pipeline of one sandbox; it is rebuilt when faults are activated or deactivated."""

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
        self._pipeline = self._composed(())
        self.activate(faults)

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline of the next request."""
        return self._pipeline

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the active faults."""
        return tuple(fault.name for fault in self._active)

    @property
    def catalogue(self) -> tuple[Fault, ...]:
        """Every fault that can be activated."""
        return catalogue(self._contract)

    def activate(self, names: Iterable[str]) -> None:
        """Have exactly these faults active; `UnknownFaultError` for an unknown name."""
        wanted = tuple(dict.fromkeys(names))
        if wanted == self.names:
            return
        active = find(wanted, self._contract)
        self._pipeline = self._composed(active)
        self._active = active

    def _composed(self, faults: tuple[Fault, ...]) -> Pipeline:
        return compose(self._contract, self._store, faults, self._credentials, self._handlers)
