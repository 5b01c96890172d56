"""Faults with fields that the contract does not know: refused, stored, or taken for known ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox.faults.contracts import policy_fields
from drs_sync_policy.sandbox.faults.fault import Fault, Memory
from drs_sync_policy.sandbox.faults.wrap import (
    WrapSteps,
    as_object,
    documents,
    each_item,
    each_item_of,
    schemas,
)
from drs_sync_policy.sandbox.http.response import Answer
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.steps import Service, Steps
from drs_sync_policy.sandbox.store.store import Batch, Item


def faults(contract: Contract) -> Iterator[Fault]:
    """All of them."""
    rule = "unknown-fields-are-ignored"

    def close(*names: str) -> Any:
        def edit(known: dict[str, Any]) -> None:
            for name in names:
                known[name]["additionalProperties"] = False

        return schemas(edit)

    yield Fault(
        "unknown-item-field-refused",
        "An unknown field in an item is refused.",
        rule,
        "validation",
        contract=close("SyncPolicyReq"),
    )
    yield Fault(
        "unknown-batch-field-refused",
        "An unknown field beside `jobs` is refused.",
        rule,
        "validation",
        contract=close("BatchSetPolicyReq"),
    )
    yield Fault(
        "field-names-in-any-case",
        "`Conflict_Policy` is taken for `conflict_policy`, and so with the other fields.",
        rule,
        "validation",
        steps=each_item(lambda item: {**item, **{key.lower(): item[key] for key in item}}),
    )
    yield from _aliases(contract)
    yield Fault(
        "unknown-fields-stored",
        "Unknown fields of an item are stored with its policy.",
        rule,
        "state",
        storing=_storing_everything,
    )


def _aliases(contract: Contract) -> Iterator[Fault]:
    """Other ways to write a policy that a lenient server reads as well."""
    known = policy_fields(contract)

    def written(change: Callable[[str], str]) -> WrapSteps:
        other = {change(name): name for name in known}
        return each_item(
            lambda item: {**{other[key]: item[key] for key in item if key in other}, **item}
        )

    def within(item: dict[str, Any]) -> dict[str, Any]:
        return {**as_object(item.get("policy")), **item}

    def beside(document: Any) -> Any:
        shared = {key: value for key, value in as_object(document).items() if key in known}
        return each_item_of(lambda item: {**shared, **item})(document)

    for name, description, steps in (
        ("camel-case-fields", "`conflictPolicy` is taken for `conflict_policy`.", written(camel)),
        ("dashed-fields", "`conflict-policy` is taken for `conflict_policy`.", written(dashed)),
        ("nested-policy", "A `policy` in an item is taken for its fields.", each_item(within)),
        ("policy-beside-jobs", "Policy fields beside `jobs` count for every item.",
         documents(beside)),
    ):  # fmt: skip
        yield Fault(name, description, "unknown-fields-are-ignored", "validation", steps=steps)


def dashed(name: str) -> str:
    """`conflict_policy` as `conflict-policy`."""
    return name.replace("_", "-")


def camel(name: str) -> str:
    """`conflict_policy` as `conflictPolicy`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _storing_everything(steps: Steps, memory: Memory) -> Steps:
    async def carry_out(service: Service, call: Call, document: Any) -> Answer:
        given = await steps.carry_out(service, call, document)
        items = (Item(entry["job_id"], without_id(entry)) for entry in document["jobs"])
        await memory.apply(Batch(call.path_parameters["project_id"], tuple(items)))
        return given

    return attrs.evolve(steps, carry_out=carry_out)


def without_id(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of an item but its id."""
    return {name: entry[name] for name in entry if name != "job_id"}
