"""What a request stores; the rules of the contract about it are checked by the fuzzer."""

from __future__ import annotations

from .conftest import Caller

FULL = {
    "conflict_policy": "ignore",
    "filter_ddl_policy": "drop_database",
    "ddl_trans": True,
    "index_trans": False,
    "slot_name": "",
}


def test_every_field_is_stored_as_it_was_sent(first: Caller) -> None:
    """All fields of an item are stored before the response, false and empty ones, too."""
    job = first.new_job()
    response = first.set({"job_id": job, **FULL})
    assert response.json() == {"results": [{"id": job, "status": "success"}], "count": 1}
    assert first.stored(job) == FULL


def test_results_have_the_code_of_their_item(first: Caller) -> None:
    """Known, blocked and unknown jobs get their code, in the order of the items."""
    known, blocked = first.new_job(), first.new_job("INCRE_TRANSFER_STARTED")
    ids = ["zz", known, "\0", blocked, known, "zz"]
    response = first.set(*({"job_id": job} for job in ids)).json()
    assert [result["id"] for result in response["results"]] == ids
    codes = [result.get("error_code") for result in response["results"]]
    assert codes == ["DRS.M05003", None, "DRS.M05003", "DRS.M00304", None, "DRS.M05003"]


def test_many_items_are_one_batch(first: Caller) -> None:
    """A body of a megabyte has one result per item, in order."""
    job = first.new_job()
    items = [{"job_id": f"unknown-{number:06}"} for number in range(30_000)]
    items.append({"job_id": job, "slot_name": "last"})
    response = first.set(*items)
    assert response.json()["count"] == len(items)
    assert [result["id"] for result in response.json()["results"]] == [
        item["job_id"] for item in items
    ]
    assert first.stored(job) == {"slot_name": "last"}


def test_the_same_id_in_two_projects_is_two_jobs(first: Caller, second: Caller) -> None:
    """Ids belong to their project."""
    for tenant in (first, second):
        tenant.http.post(
            f"/_sandbox/projects/{tenant.tenant.project_id}/jobs", json={"job_id": "shared"}
        )
    first.set({"job_id": "shared", "conflict_policy": "ignore"})
    second.set({"job_id": "shared", "conflict_policy": "stop"})
    assert first.stored("shared") == {"conflict_policy": "ignore"}
    assert second.stored("shared") == {"conflict_policy": "stop"}
