"""What a fault is: a row with a name, a text, a rule and the seam where the defect is planted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import evolve, frozen

from drs_sync_policy.contract import BATCH_SET_POLICY, Contract
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.operations import HANDLERS, HandlerFactory
from drs_sync_policy.sandbox.pipeline import Credentials, Pipeline, ServedOperation, build
from drs_sync_policy.sandbox.store.records import Batch, ItemResult, Job, Principal
from drs_sync_policy.sandbox.store.store import Store

T = TypeVar("T")


class FaultyStore:
    """The store as an operation sees it: it passes everything on to `inner`.

    `store` is the faultless one, for faults that need it.
    """

    def __init__(self, inner: Store | FaultyStore) -> None:
        self.inner = inner
        self.store: Store = inner.store if isinstance(inner, FaultyStore) else inner
        self.pending: set[asyncio.Task[None]] = set()

    async def apply(self, batch: Batch) -> Sequence[ItemResult]:
        """As `Policies.apply`."""
        return await self.inner.apply(batch)

    async def principal(self, token: str) -> Principal | None:
        """As `Policies.principal`."""
        return await self.inner.principal(token)

    async def job(self, project_id: str, job_id: str) -> Job | None:
        """As `Policies.job`."""
        return await self.inner.job(project_id, job_id)

    async def jobs(self, project_id: str) -> Sequence[Job]:
        """As `Policies.jobs`."""
        return await self.inner.jobs(project_id)

    async def named(self, project_id: str, ids: Sequence[str]) -> Mapping[str, Job]:
        """As `Policies.named`."""
        return await self.inner.named(project_id, ids)


def unchanged(collaborator: T, *_: object) -> T:
    """The collaborator as it is."""
    return collaborator


@frozen
class Seam:
    """What a fault replaces: the contract to validate by, the store, stages of the pipeline."""

    contract: Callable[[Contract], Contract] = unchanged
    store: Callable[[FaultyStore], FaultyStore] = unchanged
    pipeline: Callable[[Pipeline, FaultyStore], Pipeline] = unchanged


@frozen
class Fault:
    """A defect: its name, a text that says what goes wrong, and the rule that it violates.

    `rule` is an id of the contract's `x-rules`; `clause` points to a schema of the contract that
    says the same. A stage that depends on the operation is faulty for `operation` only.
    """

    name: str
    text: str
    rule: str
    seam: Seam
    clause: str = ""
    operation: str = BATCH_SET_POLICY


def of_rule(
    rule: str,
    *rows: tuple[str, str, Seam] | tuple[str, str, Seam, str],
    operation: str = BATCH_SET_POLICY,
) -> Iterable[Fault]:
    """The faults of a table of rows: name, text, seam and, if a schema says the same, clause."""
    for name, text, seam, *clause in rows:
        yield Fault(name, text, rule, seam, clause[0] if clause else "", operation)


def compose(
    contract: Contract,
    store: Store,
    faults: Iterable[Fault],
    credentials: Credentials | None = None,
    handlers: Mapping[str, HandlerFactory] = HANDLERS,
) -> Pipeline:
    """The pipeline of a sandbox with these faults; the faultless one without any."""
    active = tuple(faults)
    if not active:
        return build(contract, store, credentials, handlers)
    faulty_store = FaultyStore(store)
    for fault in active:
        contract = fault.seam.contract(contract)
        faulty_store = fault.seam.store(faulty_store)
    pipeline = build(contract, faulty_store, credentials, handlers)
    for fault in active:
        faulty = fault.seam.pipeline(pipeline, faulty_store)
        pipeline = _confined(faulty, to=fault.operation, otherwise=pipeline)
    return pipeline


def _confined(faulty: Pipeline, *, to: str, otherwise: Pipeline) -> Pipeline:
    """`faulty`, but stages that know the operation are faulty for operation `to` only."""

    def of(served: ServedOperation) -> Pipeline:
        return faulty if served.operation.id == to else otherwise

    def check_path(served: ServedOperation, request: Request) -> None:
        of(served).check_path(served, request)

    def check_headers(served: ServedOperation, request: Request) -> None:
        of(served).check_headers(served, request)

    def check_body(served: ServedOperation, document: Any) -> None:
        of(served).check_body(served, document)

    async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
        return await of(served).execute(served, request, document)

    return evolve(
        faulty,
        check_path=check_path,
        check_headers=check_headers,
        check_body=check_body,
        execute=execute,
    )
