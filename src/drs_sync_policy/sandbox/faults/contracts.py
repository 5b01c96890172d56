"""What the catalogue derives from a contract: the fields of an item, and their kinds."""

from __future__ import annotations

from typing import Any

from drs_sync_policy.contract import BATCH_SET_POLICY, Contract


def policy_fields(contract: Contract) -> dict[str, dict[str, Any]]:
    """The optional fields of an item with their schemas; none where nothing is set in batches."""
    if BATCH_SET_POLICY not in {operation.id for operation in contract.operations}:
        return {}
    request = contract.resolve(contract.operation(BATCH_SET_POLICY).request["application/json"])
    item = contract.resolve(contract.resolve(request["properties"]["jobs"])["items"])
    return {
        name: dict(contract.resolve(schema))
        for name, schema in item["properties"].items()
        if name not in item["required"]
    }
