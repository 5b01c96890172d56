"""What a request stores; the rules of the contract about it are checked by the fuzzer."""

from __future__ import annotations

from .conftest import Caller


def test_results_have_the_code_of_their_item(first: Caller) -> None:
    """Known, blocked and unknown jobs get their code, in the order of the items."""
    known, blocked = first.new_job(), first.new_job("INCRE_TRANSFER_STARTED")
    ids = ["zz", known, "\0", blocked, known, "zz"]
    response = first.set(*({"job_id": job} for job in ids)).json()
    assert [result["id"] for result in response["results"]] == ids
    codes = [result.get("error_code") for result in response["results"]]
    assert codes == ["DRS.M05003", None, "DRS.M05003", "DRS.M00304", None, "DRS.M05003"]


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
