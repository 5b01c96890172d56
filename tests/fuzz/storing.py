"""Servers with one bug of what they store, and the findings that it leads to."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from attrs import evolve

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.findings.grouping import group
from tests.fuzz import servers, validity
from tests.fuzz.faulty_stores import Storing
from tests.fuzz.servers import Handler

STORED = "accepted-policy-is-stored"


KEEPS = "omitted-field-keeps-its-value"


class Losing(Storing):
    """Takes `slot_name` and forgets it."""

    def stored(self, item: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in item.items() if name != "slot_name"}


class LosingAll(Storing):
    """Takes every field and forgets it."""

    def stored(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"job_id": item["job_id"]}


class Replacing(Losing):
    """Loses a field, and what an item leaves out as well."""

    def stored(self, item: dict[str, Any]) -> dict[str, Any]:
        self.server.stored.pop(item["job_id"], None)
        return super().stored(item)


class Merging(Storing):
    """What is stored becomes what `merged` makes of it and of an item's fields."""

    def merged(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        return {**old, **new}

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        old = dict(self.server.stored.get(item["job_id"], {}))
        result = super().apply(project, item, place)
        if result["status"] == "success":
            new = {name: value for name, value in item.items() if name in validity.FIELDS}
            self.server.stored[item["job_id"]] = self.merged(old, new)
        return result


class ReplacingAll(Merging):
    """An item replaces the whole policy."""

    def merged(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        return new


class ResettingBooleans(Merging):
    """A boolean that is left out becomes `false`."""

    def merged(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        return {**old, "ddl_trans": False, "index_trans": False, **new}


class ResettingEnums(Merging):
    """An enum that is left out becomes its first value."""

    def merged(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        return {**old, "conflict_policy": "ignore", **new}


class ClearingTexts(Merging):
    """A `slot_name` that is left out is forgotten."""

    def merged(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        old.pop("slot_name", None)
        return {**old, **new}


class Toggling(Merging):
    """A boolean that is set to the value that it has turns round."""

    def merged(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        turned = {
            name: not value
            for name, value in new.items()
            if isinstance(value, bool) and old.get(name) == value
        }
        return {**old, **new, **turned}


class Reversing(ReplacingAll):
    """An item replaces the whole policy, and of two items of a job the earlier one wins."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        jobs = super().parse(body)
        return jobs[::-1] if len({item["job_id"] for item in jobs}) == 1 else jobs


class Mistaking(Storing):
    """Stores one value of an enum as another."""

    def stored(self, item: dict[str, Any]) -> dict[str, Any]:
        wrong = item.get("conflict_policy") == "overwrite"
        return {**item, "conflict_policy": "ignore"} if wrong else item


class Refusing(Handler):
    """Rejects a field that it does not know."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        jobs = super().parse(body)
        if any("comment" in item for item in jobs):
            raise servers.Refused(400)
        return jobs


def rules_of_findings(
    handler: type[Handler],
    against: Contract | None = None,
    which: Callable[[scenarios.Scenario], bool] = lambda entry: (
        "readback" in entry.needs and entry.required
    ),
) -> list[str]:
    """The rules of the findings that the scenarios about what is stored lead to."""
    with servers.probing(handler=handler, against=against) as prober:
        for entry in filter(which, scenarios.ordered()):
            entry.run(prober)
        findings = group(prober)
    recorded = [id(violation) for finding in findings for violation in finding.violations]
    assert len({*recorded}) >= len([*prober.ledger.violations()]) - len(findings)
    return [finding.rule for finding in findings]


def with_a_new_field() -> Contract:
    """The contract with one optional text more."""
    loaded = contract.load()
    document = copy.deepcopy(dict(loaded.document))
    known = document["components"]["schemas"]["SyncPolicyReq"]["properties"]
    known["comment"] = {"type": "string", "examples": ["a note"]}
    return evolve(loaded, document=document)
