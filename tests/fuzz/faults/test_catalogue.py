"""The catalogue of faults: complete, named, and every one of them biting."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from functools import cache
from typing import Any

import pytest

from drs_sync_policy.contract import Contract, load
from drs_sync_policy.sandbox import create_app
from drs_sync_policy.sandbox.faults import UnknownFaultError, catalogue, find

from .probes import KNOWN, WATCHES, Observation, Probe, item, observe

FAULTS = catalogue()


@cache
def faultless(rule: str) -> Observation:
    return asyncio.run(observe(create_app(), WATCHES[rule]))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_bites(fault: Any) -> None:
    """Requests about the fault's own rule see a difference to the faultless sandbox."""
    seen = asyncio.run(observe(create_app(faults=[fault.name]), WATCHES[fault.rule]))
    assert seen != faultless(fault.rule)


@pytest.mark.parametrize("rule", [rule.id for rule in load().rules])
def test_the_faultless_sandbox_is_steady(rule: str) -> None:
    """The same requests see the same twice: what differs under a fault is the fault's doing."""
    assert asyncio.run(observe(create_app(), WATCHES[rule])) == faultless(rule)


def test_every_rule_has_a_fault_and_every_fault_a_rule() -> None:
    """The rules that the faults break are exactly the rules of the contract."""
    assert {fault.rule for fault in FAULTS} == {rule.id for rule in load().rules}


def test_names_are_unique_and_descriptions_are_sentences() -> None:
    """A fault is switched on by its name, and told in one sentence."""
    assert [name for name, n in Counter(fault.name for fault in FAULTS).items() if n > 1] == []
    assert len(FAULTS) >= 60
    for fault in FAULTS:
        assert fault.description[0].isupper() or fault.description[0] == "`"
        assert fault.description.endswith(".")


def test_clauses_point_into_the_contract() -> None:
    """A fault that breaks a schema clause points to a place that exists."""
    for clause in {fault.clause for fault in FAULTS} - {""}:
        assert load().at(clause) is not None


def test_a_new_field_brings_its_faults() -> None:
    """A field that the contract gains gets the faults of its kind."""
    document = copy.deepcopy(dict(load().document))
    item = document["components"]["schemas"]["SyncPolicyReq"]
    item["properties"]["export_snapshot"] = {"type": "boolean"}
    names = {fault.name for fault in catalogue(Contract(document))}
    added = names - {fault.name for fault in FAULTS}
    assert added == {
        f"{kind}-export-snapshot" for kind in ("refuses", "null", "text-for", "number-for", "loses")
    }


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    """A misspelt fault is told, and so is the one that was meant."""
    with pytest.raises(UnknownFaultError, match=r"Did you mean `answers-201`\?"):
        find(["answer-201"])


def test_faults_combine() -> None:
    """Two faults at once both bite."""
    app = create_app(faults=["results-reversed", "stores-nothing"])
    both = asyncio.run(observe(app, WATCHES["unknown-job-fails-alone"]))
    for name in ("results-reversed", "stores-nothing"):
        alone = create_app(faults=[name])
        assert both != asyncio.run(observe(alone, WATCHES["unknown-job-fails-alone"]))


@pytest.mark.parametrize("order", [1, -1])
def test_faults_of_what_is_stored_combine(order: int) -> None:
    """One loses a field, the other forgets those that are left out, whichever is named first."""

    async def watch(probe: Probe) -> Observation:
        await probe.set(item(ddl_trans=True))
        await probe.set(item(index_trans=True, slot_name="s"))
        return await probe.stored(KNOWN[0])

    app = create_app(faults=["loses-slot-name", "replaces-policy"][::order])
    assert asyncio.run(observe(app, watch)) == {"index_trans": True}
