"""What each operation of the contract does once its request is accepted, by operationId."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any, Final, Protocol

from drs_sync_policy.codes import find
from drs_sync_policy.contract import BATCH_SET_POLICY, Contract, Operation
from drs_sync_policy.sandbox.http.response import Answer
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.store.store import Batch, Item, Outcome, Policies
from drs_sync_policy.text import nearest

Handler = Callable[[Call, Any], Awaitable[Answer]]
"""Carries out an accepted request: its call and its document give the answer."""


class HandlerFactory(Protocol):
    """Makes the handler of one operation of one edition of the contract."""

    def __call__(self, contract: Contract, operation: Operation, store: Policies, /) -> Handler: ...


class NoHandlerError(LookupError):
    """The contract has an operation that the sandbox does not know how to carry out."""


def batch_set_policy(contract: Contract, operation: Operation, store: Policies) -> Handler:
    """Sets policies: every field that the contract describes is stored, under its name."""
    fields = _item_fields(contract, operation) - {"job_id"}

    async def handle(call: Call, document: Any) -> Answer:
        items = tuple(
            Item(entry["job_id"], {name: entry[name] for name in entry if name in fields})
            for entry in document["jobs"]
        )
        outcomes = await store.apply(Batch(call.path_parameters["project_id"], items))
        results = [
            _result(item.job_id, outcome, call.language)
            for item, outcome in zip(items, outcomes, strict=True)
        ]
        return Answer(200, {"results": results, "count": len(results)})

    return handle


def _item_fields(contract: Contract, operation: Operation) -> frozenset[str]:
    request = contract.resolve(operation.request["application/json"])
    jobs = contract.resolve(request["properties"]["jobs"])
    return frozenset(contract.resolve(jobs["items"])["properties"])


def _result(job_id: str, outcome: Outcome, language: str) -> dict[str, str]:
    if outcome is None:
        return {"id": job_id, "status": "success"}
    return {
        "id": job_id,
        "status": "failed",
        "error_code": outcome,
        "error_msg": _text(outcome, language),
    }


@cache
def _text(code: str, language: str) -> str:
    row = find(code)
    if row is None:
        raise LookupError(f"the tables have no error code `{code}`")
    return row.text(language)


HANDLERS: Final[Mapping[str, HandlerFactory]] = {BATCH_SET_POLICY: batch_set_policy}
"""The factory of each operation's handler; `create_app(handlers=...)` lays others over them."""


def handler(
    contract: Contract,
    operation: Operation,
    store: Policies,
    factories: Mapping[str, HandlerFactory] = HANDLERS,
) -> Handler:
    """The handler of `operation`; `NoHandlerError` says where to put the one that is missing."""
    if operation.id not in factories:
        near = nearest(operation.id, factories)
        hint = f" (there is one for `{near[0]}`)" if near else ""
        raise NoHandlerError(
            f"the sandbox has no handler for `{operation.id}`"
            f" ({operation.method} {operation.path}){hint}: give it one as"
            f' `create_app(handlers={{"{operation.id}": ...}})`, or in a checkout add one to'
            " `HANDLERS` in src/drs_sync_policy/sandbox/operations.py"
        )
    return factories[operation.id](contract, operation, store)
