"""What a valid item is, for the servers of these tests: written without the code of the fuzzer."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import jsonschema_rs

from drs_sync_policy import contract
from drs_sync_policy.fuzz.cases.values import Schema

FIELDS: dict[str, Any] = {
    "conflict_policy": ("ignore", "overwrite", "stop"),
    "filter_ddl_policy": ("drop_database",),
    "ddl_trans": bool,
    "index_trans": bool,
    "slot_name": str,
}
"""Checked by hand, not by the means of the fuzzer; by the contract only if it has more fields."""
_ITEM = contract.load().document["components"]["schemas"]["SyncPolicyReq"]["properties"]
FIELDS |= {
    name: jsonschema_rs.validator_for(contract.load().standalone(schema))
    for name, schema in _ITEM.items()
    if name not in {*FIELDS, "job_id"}
}

EXAMPLES = {
    name: Schema(contract.load(), schema).valid()[0]
    for name, schema in _ITEM.items()
    if name != "job_id"
}
"""A valid value of each field."""


def loads(body: bytes) -> Any:
    """The value of an I-JSON text; `ValueError` if it is not one."""
    value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _matches(validator: jsonschema_rs.Validator, value: Any) -> bool:
    try:
        return validator.is_valid(value)
    except (ValueError, OverflowError):  # no number of JSON
        return False


def is_valid(item: Any) -> bool:
    """Whether an item is valid."""
    if not isinstance(item, dict) or not isinstance(item.get("job_id"), str) or not item["job_id"]:
        return False
    for name, kind in FIELDS.items():
        if name in item:
            value = item[name]
            if isinstance(kind, jsonschema_rs.Validator):
                if not _matches(kind, value):
                    return False
                continue
            right = isinstance(value, kind) if isinstance(kind, type) else value in kind
            if not right or (kind is not bool and not isinstance(value, str)):
                return False
    return True
