"""Validators of the contract's schemas, each compiled once."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from drs_sync_policy.contract import Contract


def validator(
    contract: Contract, schema: Mapping[str, Any], *, formats: bool = False
) -> jsonschema_rs.Validator:
    """A validator of `schema`, and with `formats` of its formats; references are resolved."""
    return _compiled(contract, json.dumps(schema), formats)


@functools.lru_cache(maxsize=512)
def _compiled(contract: Contract, schema: str, formats: bool) -> jsonschema_rs.Validator:
    whole = contract.standalone(json.loads(schema))
    return jsonschema_rs.validator_for(whole, validate_formats=formats)
