"""Ready ways to read policies: operations of the contract that show fields of a policy.

A preset is named after the last step of the operation's path, and derived from its schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract, Operation

_JSON: Final = "application/json"
_ID: Final = "id"
_JOB: Final = "{job_id}"


def presets(loaded: Contract) -> dict[str, dict[str, Any]]:
    """The entries of `[readback]` for each kind."""
    fields = _set_fields(loaded)
    return {
        operation.path.rpartition("/")[2]: {
            "method": operation.method,
            "path": operation.path,
            **how,
        }
        for operation in loaded.operations
        for how in _ways(loaded, operation, fields)
    }


def _set_fields(loaded: Contract) -> frozenset[str]:
    """The fields that an item of a request may set."""
    operation = loaded.operation(contract.BATCH_SET_POLICY)
    lists = _lists(loaded, operation.request[_JSON])
    return frozenset(name for _, item in lists for name in item.get("properties", ()))


def _ways(
    loaded: Contract, operation: Operation, fields: frozenset[str]
) -> Iterator[Mapping[str, Any]]:
    """How an operation shows fields, if it does."""
    if _JSON not in operation.request or 200 not in operation.responses:
        return
    asked = [name for name, item in _lists(loaded, operation.request[_JSON]) if _is_text(item)]
    for name, item in _lists(loaded, operation.responses[200].content.get(_JSON, {})):
        shown = [field for field in item.get("properties", ()) if field in fields]
        if asked and shown and _ID in item["properties"]:
            yield {
                "body": {asked[0]: [_JOB]},
                "policy_pointer": f"/{name}/{_ID}={_JOB}",
                "fields": {field: f"/{field}" for field in shown},
                "absent": [""],
            }


def _lists(loaded: Contract, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The lists in an object, each with the schema of its items."""
    for name, inner in loaded.resolve(schema).get("properties", {}).items():
        items = loaded.resolve(inner).get("items")
        if items:
            yield name, loaded.resolve(items)


def _is_text(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "string"
