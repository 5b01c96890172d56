"""What each operation of the contract does with an accepted request, by operationId."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol

from drs_sync_policy.contract import BATCH_SET_POLICY, Contract, Operation
from drs_sync_policy.sandbox import reading
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Handler, Response
from drs_sync_policy.sandbox.rejection import row_of
from drs_sync_policy.sandbox.store.records import Batch, Item, ItemResult, Policies
from drs_sync_policy.text import nearest


class HandlerFactory(Protocol):
    """Makes the handler of one operation of one edition of the contract."""

    def __call__(self, contract: Contract, operation: Operation, store: Policies, /) -> Handler: ...


class NoHandlerError(LookupError):
    """The contract has an operation that the sandbox cannot execute."""


def batch_set_policy(contract: Contract, operation: Operation, store: Policies) -> Handler:
    """Sets policies: every field that the contract describes is stored, under its name."""
    fields = _item_fields(contract, operation) - {"job_id"}

    async def handle(request: Request, document: Any) -> Response:
        items = await request.body.off_loop(_items, document, fields)
        codes = await store.apply(Batch(request.path_parameters["project_id"], items))
        results = await request.body.off_loop(_results, items, codes, request.language)
        return Response(200, {"results": results, "count": len(results)})

    return handle


def _items(document: Any, fields: frozenset[str]) -> tuple[Item, ...]:
    return tuple(
        Item(entry["job_id"], {name: entry[name] for name in entry if name in fields})
        for entry in document["jobs"]
    )


def _results(
    items: Sequence[Item], codes: Sequence[ItemResult], language: str
) -> list[dict[str, str]]:
    return [_result(item.job_id, code, language) for item, code in zip(items, codes, strict=True)]


def _item_fields(contract: Contract, operation: Operation) -> frozenset[str]:
    request = contract.resolve(operation.request["application/json"])
    jobs = contract.resolve(request["properties"]["jobs"])
    return frozenset(contract.resolve(jobs["items"])["properties"])


def _result(job_id: str, code: ItemResult, language: str) -> dict[str, str]:
    if code is None:
        return {"id": job_id, "status": "success"}
    return {
        "id": job_id,
        "status": "failed",
        "error_code": code,
        "error_msg": _text(code, language),
    }


@cache
def _text(code: str, language: str) -> str:
    return row_of(code).text(language)


HANDLERS: Final[Mapping[str, HandlerFactory]] = {
    BATCH_SET_POLICY: batch_set_policy,
    "batchListJobDetails": reading.batch_list_job_details,
    "showJobList": reading.show_job_list,
}
"""The factory of each operation's handler; `create_app(handlers=...)` adds to them."""


def handler(
    contract: Contract,
    operation: Operation,
    store: Policies,
    factories: Mapping[str, HandlerFactory] = HANDLERS,
) -> Handler:
    """The handler of `operation`; `NoHandlerError` says where to add a missing one."""
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
