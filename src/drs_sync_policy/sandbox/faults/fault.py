"""What a fault is: a named defect that wraps one collaborator of the faultless path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from attrs import evolve, frozen

from drs_sync_policy.contract import BATCH_SET_POLICY, Contract
from drs_sync_policy.sandbox.http.response import Answer
from drs_sync_policy.sandbox.operations import HANDLERS, HandlerFactory
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.steps import Credentials, Service, Steps, steps
from drs_sync_policy.sandbox.store.store import Batch, Job, Outcome, Principal, Store

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
    leaves alone what it is not about. What a step does with the document, the parameters and the
    results of a call is wrong for `operation` only: another has other ones.
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
    operation: str = BATCH_SET_POLICY


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

    async def job(self, project_id: str, job_id: str) -> Job | None:
        """As `Policies.job`."""
        return await self.store.job(project_id, job_id)


def compose(
    contract: Contract,
    store: Store,
    faults: Iterable[Fault],
    credentials: Credentials | None = None,
    handlers: Mapping[str, HandlerFactory] = HANDLERS,
) -> Steps:
    """The steps of a sandbox with these faults in it; without any, the faultless ones."""
    switched = tuple(faults)
    if not switched:
        return steps(contract, store, credentials, handlers)
    memory = Memory(store)
    for fault in switched:
        contract = fault.contract(contract)
        memory = fault.policies(memory)
    built = steps(contract, memory, credentials, handlers)
    for fault in switched:
        faulty = fault.steps(built)
        if fault.storing is not None:
            faulty = fault.storing(faulty, memory)
        built = _confined(faulty, to=fault.operation, otherwise=built)
    return built


def _confined(faulty: Steps, *, to: str, otherwise: Steps) -> Steps:
    """`faulty`, but where a step knows that the call is of another operation than `to`."""

    def of(service: Service) -> Steps:
        return faulty if service.operation.id == to else otherwise

    def check_path(service: Service, call: Call) -> None:
        of(service).check_path(service, call)

    def check_headers(service: Service, call: Call) -> None:
        of(service).check_headers(service, call)

    def check_body(service: Service, document: Any) -> None:
        of(service).check_body(service, document)

    async def carry_out(service: Service, call: Call, document: Any) -> Answer:
        return await of(service).carry_out(service, call, document)

    return evolve(
        faulty,
        check_path=check_path,
        check_headers=check_headers,
        check_body=check_body,
        carry_out=carry_out,
    )
