"""One bug of a server is one finding, also on servers that are not our sandbox."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import ijson, scenarios
from drs_sync_policy.fuzz.findings import group
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.shrink import Plain
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.verdict import Ledger
from tests.fuzz import servers
from tests.fuzz.servers import Handler

STORED = "accepted-policy-is-stored"
KEEPS = "omitted-field-keeps-its-value"


class Storing(Handler):
    """Stores of an item what `kept` makes of it."""

    def kept(self, item: dict[str, Any]) -> dict[str, Any]:
        return item

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        return super().apply(project, self.kept(item), place)


class Losing(Storing):
    """Takes `slot_name` and forgets it."""

    def kept(self, item: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in item.items() if name != "slot_name"}


class LosingAll(Storing):
    """Takes every field and forgets it."""

    def kept(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"job_id": item["job_id"]}


class Replacing(Losing):
    """Loses a field, and what an item leaves out as well."""

    def kept(self, item: dict[str, Any]) -> dict[str, Any]:
        self.server.stored.pop(item["job_id"], None)
        return super().kept(item)


class Merging(Storing):
    """What is stored becomes what `merged` makes of it and of an item's fields."""

    def merged(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        return {**old, **new}

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        old = dict(self.server.stored.get(item["job_id"], {}))
        result = super().apply(project, item, place)
        if result["status"] == "success":
            new = {name: value for name, value in item.items() if name in servers.FIELDS}
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

    def kept(self, item: dict[str, Any]) -> dict[str, Any]:
        wrong = item.get("conflict_policy") == "overwrite"
        return {**item, "conflict_policy": "ignore"} if wrong else item


class Miscounting(Handler):
    """Counts one result too many."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        found = super().policy(path, body)
        return {**found, "count": found["count"] + 1}


class Refusing(Handler):
    """Rejects a field that it does not know."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        jobs = super().parse(body)
        if any("comment" in item for item in jobs):
            raise servers.Refused(400)
        return jobs


def _rules(
    handler: type[Handler],
    against: Contract | None = None,
    which: Callable[[scenarios.Scenario], bool] = lambda entry: (
        "readback" in entry.needs and entry.required
    ),
) -> list[str]:
    """The rules of the findings that the scenarios about what is stored lead to."""
    loaded = against or contract.load()
    with servers.serving(handler=handler) as server:
        target = servers.target(server)
        oracle = Oracle(loaded, loaded.operation(contract.BATCH_SET_POLICY), target)
        prober = Prober(oracle, over_http(target), Ledger(loaded.rules), seed=1)
        for entry in filter(which, scenarios.ordered()):
            entry.run(prober)
        findings = group(prober, seconds=60)
        prober.wire.close()
    recorded = [id(violation) for finding in findings for violation in finding.violations]
    assert len({*recorded}) >= len([*prober.ledger.violations()]) - len(findings)
    return [finding.rule for finding in findings]


def _with_a_new_field() -> Contract:
    loaded = contract.load()
    document = copy.deepcopy(dict(loaded.document))
    known = document["components"]["schemas"]["SyncPolicyReq"]["properties"]
    known["comment"] = {"type": "string", "examples": ["a note"]}
    return evolve(loaded, document=document)


@pytest.mark.parametrize(
    ("handler", "rule"),
    [
        (Losing, STORED),
        pytest.param(LosingAll, STORED, marks=pytest.mark.system),
        pytest.param(Mistaking, STORED, marks=pytest.mark.system),
        (ReplacingAll, KEEPS),
        pytest.param(ResettingBooleans, KEEPS, marks=pytest.mark.system),
        pytest.param(ResettingEnums, KEEPS, marks=pytest.mark.system),
        pytest.param(ClearingTexts, KEEPS, marks=pytest.mark.system),
        (Toggling, "repeating-is-harmless"),
    ],
)
def test_one_bug_of_what_is_stored_is_one_finding(handler: type[Handler], rule: str) -> None:
    """A plain request shows it; whatever else fails because of it is part of the finding."""
    assert _rules(handler) == [rule]


def test_two_bugs_are_two_findings() -> None:
    """An item replaces the policy, and the earlier of two items wins."""
    names = ("plain requests", "jobs more than once")
    assert {*_rules(Reversing, which=lambda entry: entry.name in names)} == {
        KEEPS,
        "later-items-win",
    }


def test_two_bugs_of_one_field_are_two_findings() -> None:
    """A field is lost, and what an item leaves out is lost, too."""
    found = _rules(Replacing, which=lambda entry: entry.name in ("plain requests", "fields"))
    assert {*found} == {STORED, KEEPS}


@pytest.mark.system
def test_a_field_that_the_server_does_not_know_yet_has_findings_of_its_own() -> None:
    """The contract is ahead of the server, which ignores the new field, valid or not."""
    found = _rules(Handler, _with_a_new_field(), lambda entry: "readback" in entry.needs)
    assert {*found} == {STORED, "invalid-body-is-refused"}


def test_a_new_field_that_is_rejected_is_one_finding() -> None:
    """The contract is ahead of the server, which rejects the new field."""
    assert _rules(Refusing, _with_a_new_field()) == ["valid-request-is-accepted"]


def test_a_contract_without_optional_fields_is_checked() -> None:
    """There is nothing to store then, and the fuzzer does not fail."""
    loaded = contract.load()
    document = copy.deepcopy(dict(loaded.document))
    item = document["components"]["schemas"]["SyncPolicyReq"]
    item["properties"] = {"job_id": item["properties"]["job_id"]}
    for name in ("if", "then", "else"):
        item.pop(name, None)
    assert _rules(Handler, evolve(loaded, document=document)) == []


def test_a_finding_names_the_request_that_it_shows() -> None:
    """Any request shows it, so the plainest one is shown, whatever the run sent first."""
    loaded = contract.load()
    with servers.serving(handler=Miscounting) as server:
        target = servers.target(server)
        oracle = Oracle(loaded, loaded.operation(contract.BATCH_SET_POLICY), target)
        prober = Prober(oracle, over_http(target), Ledger(loaded.rules), seed=1)
        odd = prober.bodies.body([prober.bodies.item("x")])
        request = evolve(Plain(oracle, prober.bodies).request(), body=ijson.dumps(odd))
        for violation in check_response(oracle, prober.ask(request), case='the job id "x"'):
            prober.ledger.record(violation)
        (finding,) = group(prober, seconds=60)
        prober.wire.close()
    assert finding.cause.startswith("a plain request: ")
    assert (finding.label, finding.also_with) == ("alone", ('the job id "x"',))
