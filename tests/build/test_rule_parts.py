"""What an edit of the contract needs in code is named, with its place."""

from __future__ import annotations

import copy
import json
from typing import Any

import attrs
import pytest

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.sandbox.faults import find
from tests.fuzz.found import Found, found_by
from tools import rule_faults
from tools.rule_parts import missing

PATH = "/v3/{project_id}/jobs/batch-sync-policy"


def _edited() -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(dict(contract.load().document))
    return document


def test_nothing_is_missing_for_the_contract() -> None:
    """Each rule has its check and its fault, and each operation its handler."""
    assert list(missing(contract.load())) == []


def test_a_new_rule_needs_a_check_and_a_fault() -> None:
    """Both files are named."""
    document = _edited()
    rule = {"id": "new-rule", "statement": "New.", "origin": "page", "source": "page"}
    document["paths"][PATH]["post"]["x-rules"].append(rule)
    check, fault = missing(Contract(document))
    assert "`new-rule` has no check" in check
    assert "fuzz/rules/" in check
    assert "`new-rule` has no fault" in fault
    assert "sandbox/faults/" in fault


def test_a_removed_rule_leaves_parts() -> None:
    """They name a rule that does not exist."""
    document = _edited()
    rules = document["paths"][PATH]["post"]["x-rules"]
    document["paths"][PATH]["post"]["x-rules"] = [r for r in rules if r["id"] != "later-items-win"]
    (line,) = missing(Contract(document))
    assert "`later-items-win` is gone" in line


def test_an_operation_needs_a_handler() -> None:
    """The entry to write is shown."""
    document = _edited()
    document["paths"][PATH]["get"] = {
        **document["paths"][PATH]["post"],
        "operationId": "show",
        "x-rules": [],
    }
    (line,) = missing(Contract(document))
    assert 'enter it as `"show"` in `HANDLERS`' in line


def test_a_fault_that_is_found_is_in_the_snapshot_already() -> None:
    """What `make rule` writes for a rule that did not change is what is committed."""
    (fault,) = find(["count-off-by-one"])
    assert rule_faults.problem(fault, found_by(fault)) == ""
    committed = rule_faults.SNAPSHOT.read_text("utf-8")
    same = [name for name, row in json.loads(committed).items() if row["rule"] == fault.rule]
    assert fault.name in same
    assert rule_faults.recorded(committed, fault.rule, same) == committed


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (Found(frozenset(), ()), "does not find it. Either the check raises `Skip`"),
        (
            Found(frozenset({"later-items-win"}), ("later-items-win",)),
            "does not find it, but finds `later-items-win`",
        ),
        (
            Found(
                frozenset({"one-result-per-item", "count-equals-results"}),
                ("one-result-per-item",),
            ),
            'write `before="one-result-per-item"`',
        ),
        (
            Found(
                frozenset({"one-result-per-item", "count-equals-results"}),
                ("one-result-per-item", "count-equals-results"),
            ),
            "it is 2 findings",
        ),
        (
            Found(
                frozenset({"valid-request-is-accepted", "count-equals-results"}),
                ("valid-request-is-accepted",),
            ),
            "add the fault to `OTHER_CAUSE`",
        ),
    ],
)
def test_what_to_change_is_said_for_a_fault_that_is_not_one_finding_of_its_rule(
    found: Found, what: str
) -> None:
    """Not found, found as another rule, or as several."""
    (fault,) = find(["count-off-by-one"])
    assert what in rule_faults.problem(fault, found)


def test_a_scenario_that_fails_and_a_fault_that_rejects_too_much_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The exception is shown, with its place; then the part of the valid requests."""

    def broken(_prober: Prober) -> None:
        raise NameError("good")

    both = tuple(Scenario(name, broken, required=name == "a") for name in "ab")
    monkeypatch.setattr(scenarios, "ordered", lambda: both)
    (fault,) = find(["refuses-bare-item"])
    found = found_by(attrs.evolve(fault, rule="later-items-win"))
    said = rule_faults.problem(fault, found)
    assert "the fuzzer itself failed in the scenario a: NameError: good" in said
    assert "in broken" in said
    said = rule_faults.problem(fault, attrs.evolve(found, crashes=()))
    assert "of the valid requests do not get 200" in said
