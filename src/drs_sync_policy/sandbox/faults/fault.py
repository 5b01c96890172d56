"""What a fault is: a named defect that wraps one collaborator of the faultless path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

from attrs import frozen

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox.steps import Credentials, Steps, steps
from drs_sync_policy.sandbox.store import Batch, Outcome, Principal, Store

T = TypeVar("T")

Kind = Literal["response", "status", "validation", "credentials", "crash", "state", "language"]


def unchanged(collaborator: T) -> T:
    """The collaborator as it is."""
    return collaborator


@frozen
class Fault:
    """A defect: its name, what goes wrong in one sentence, and the one promise that it breaks.

    `rule` is the id of the promise in the contract's `x-rules`; `clause` points to the place in
    the contract where a schema says it, too. The three wrappers replace what the sandbox validates
    by, where it stores, and the steps of a call (`storing` where it needs the store for that); each
    leaves alone what it is not about.
    """

    name: str
    description: str
    rule: str
    kind: Kind
    contract: Callable[[Contract], Contract] = unchanged
    policies: Callable[[Memory], Memory] = unchanged
    steps: Callable[[Steps], Steps] = unchanged
    storing: Callable[[Steps, Memory], Steps] | None = None
    clause: str = ""


class Memory:
    """The store as an operation sees it, with the whole store at hand for faults that need it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pending: set[asyncio.Task[None]] = set()

    async def apply(self, batch: Batch) -> Sequence[Outcome]:
        """As `Policies.apply`."""
        return await self.store.apply(batch)

    async def principal(self, token: str) -> Principal | None:
        """As `Policies.principal`."""
        return await self.store.principal(token)


def compose(
    contract: Contract,
    store: Store,
    faults: Iterable[Fault],
    credentials: Credentials | None = None,
) -> Steps:
    """The steps of a sandbox with these faults in it; without any, the faultless ones."""
    switched = tuple(faults)
    if not switched:
        return steps(contract, store, credentials)
    memory = Memory(store)
    for fault in switched:
        contract = fault.contract(contract)
        memory = fault.policies(memory)
    built = steps(contract, memory, credentials)
    for fault in switched:
        built = fault.steps(built)
        if fault.storing is not None:
            built = fault.storing(built, memory)
    return built
