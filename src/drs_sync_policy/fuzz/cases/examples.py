"""The contract's examples of requests, with jobs of the target: else they never reach a success."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drs_sync_policy import anyjson
from drs_sync_policy.contract import BATCH_SET_POLICY, Contract


def with_jobs(contract: Contract, example: Any, jobs: Sequence[str]) -> Any:
    """A copy of `example` in which the ids of the contract's own examples are those of `jobs`."""
    own = {known: jobs[at % len(jobs)] for at, known in enumerate(example_jobs(contract))}
    return _replaced(example, own)


def example_jobs(contract: Contract) -> list[str]:
    """The job ids in the examples of the operation that sets policies."""
    examples = contract.operation(BATCH_SET_POLICY).request_examples.values()
    found = (item["job_id"] for example in examples for item in example["jobs"])
    return list(dict.fromkeys(found))


def _replaced(value: Any, own: dict[str, str]) -> Any:
    if anyjson.is_object(value):
        return {name: _replaced(inner, own) for name, inner in value.items()}
    if anyjson.is_array(value):
        return [_replaced(inner, own) for inner in value]
    return own.get(value, value) if isinstance(value, str) else value
