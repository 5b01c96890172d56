"""The catalogue of faults: complete and named, derived from the contract, and combinable."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import httpx
import pytest

from drs_sync_policy.contract import Contract, load
from drs_sync_policy.sandbox import create_app
from drs_sync_policy.sandbox.faults import UnknownFaultError, catalogue, find, groups
from drs_sync_policy.sandbox.seed import FIRST, SECOND

FAULTS = catalogue()


def test_names_are_unique_and_rows_complete() -> None:
    """Every fault has a name of its own, a text, a rule of the contract and a group."""
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    assert {fault.rule for fault in FAULTS} == {rule.id for rule in load().rules}
    assert all(fault.text.endswith(".") for fault in FAULTS)
    assert sum(len(members) for members in groups().values()) == len(FAULTS)


def test_clauses_point_into_the_contract() -> None:
    """A fault against a schema points to a place that exists."""
    for clause in {fault.clause for fault in FAULTS} - {""}:
        assert load().at(clause) is not None


def test_a_new_field_adds_its_faults() -> None:
    """A field that the contract gains gets the faults of its type."""
    document = copy.deepcopy(dict(load().document))
    item = document["components"]["schemas"]["SyncPolicyReq"]
    item["properties"]["export_snapshot"] = {"type": "boolean"}
    added = {fault.name for fault in catalogue(Contract(document))} - {f.name for f in FAULTS}
    assert added == {
        f"{kind}-export-snapshot" for kind in ("refuses", "null", "text-for", "number-for", "loses")
    }


def test_an_unknown_name_suggests_the_nearest() -> None:
    """A misspelt name is an error that names the nearest fault."""
    with pytest.raises(UnknownFaultError, match=r"`answers-201`\?"):
        find(["answer-201"])


async def _set_and_read(faults: list[str], *items: dict[str, Any]) -> tuple[list[Any], Any]:
    """The results of the last response, and the stored policy of the first item's job."""
    transport = httpx.ASGITransport(app=create_app(faults=faults))
    path = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        results: list[Any] = []
        for item in items:
            jobs = [item, {"job_id": "unknown"}]
            response = await http.post(
                path, json={"jobs": jobs}, headers={"X-Auth-Token": FIRST.token}
            )
            results = response.json()["results"]
        job = f"/_sandbox/projects/{FIRST.project_id}/jobs/{items[0]['job_id']}"
        return results, (await http.get(job)).json().get("policy")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("faults", "reversed_ids", "policy"),
    [
        (["results-reversed", "stores-nothing"], True, {}),
        (["loses-slot-name", "replaces-policy"], False, {"index_trans": True}),
    ],
)
def test_faults_combine(
    faults: list[str], reversed_ids: bool, policy: dict[str, Any], order: int
) -> None:
    """Two active faults both have their effect, in either order."""
    job_id = FIRST.job_ids[0]
    results, stored = asyncio.run(
        _set_and_read(
            faults[::order],
            {"job_id": job_id, "ddl_trans": True},
            {"job_id": job_id, "index_trans": True, "slot_name": "s"},
        )
    )
    ids = [result["id"] for result in results]
    assert ids == [job_id, "unknown"][:: -1 if reversed_ids else 1]
    assert stored == policy


def test_either_number_is_taken_for_a_boolean() -> None:
    """0 is stored as `false`, and 1 as `true`."""
    faults = ["number-for-ddl-trans", "number-for-index-trans"]
    item = {"job_id": FIRST.job_ids[0], "ddl_trans": 0, "index_trans": 1}
    _, stored = asyncio.run(_set_and_read(faults, item))
    assert (stored["ddl_trans"], stored["index_trans"]) == (False, True)


def test_a_foreign_job_differs_from_an_unknown_one_in_its_message_only() -> None:
    """The fault changes the text of the error, and leaves its code."""
    item = {"job_id": SECOND.job_ids[0], "ddl_trans": True}
    (foreign, unknown), _ = asyncio.run(_set_and_read(["foreign-job-in-other-words"], item))
    assert foreign["error_code"] == unknown["error_code"]
    assert foreign["error_msg"] == unknown["error_msg"] + " (other project)"
