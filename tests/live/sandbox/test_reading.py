"""The optional operations of the sandbox: details of named jobs, and the list of jobs."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from drs_sync_policy.contract import load
from drs_sync_policy.sandbox.seed import FIRST, SECOND

from .conftest import Caller

BASE, HUAWEI = load(), load("huawei-cloud")
JOB = FIRST.job_ids[0]


class Reader:
    """Asks for details and lists, and validates each response by the contract."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def _ask(self, operation_id: str, document: dict[str, Any], **headers: str) -> tuple[int, Any]:
        operation = BASE.operation(operation_id)
        path = operation.path.replace("{project_id}", self._caller.tenant.project_id)
        response = self._caller.http.post(
            path, json=document, headers={"X-Auth-Token": self._caller.tenant.token, **headers}
        )
        schema = operation.responses[response.status_code].content["application/json"]
        jsonschema_rs.validate(BASE.standalone(schema), response.json())
        return response.status_code, response.json()

    def details(self, *jobs: str, **page: int) -> tuple[int, Any]:
        """The status and the body of `batchListJobDetails`."""
        return self._ask("batchListJobDetails", {"jobs": jobs, "page_req": page})

    def listed(self, **asked: Any) -> tuple[int, Any]:
        """The status and the body of `showJobList`."""
        return self._ask("showJobList", {"db_use_type": "sync", **asked})


@pytest.fixture
def reader(first: Caller) -> Reader:
    return Reader(first)


def _ids(body: Any, key: str = "results") -> list[str]:
    return [entry["id"] for entry in body[key]]


def test_details_show_what_was_set_but_not_all_of_it(first: Caller, reader: Reader) -> None:
    """The three fields of the vendor; `ddl_trans` and `slot_name` cannot be read."""
    job = first.new_job()
    fields = {"conflict_policy": "stop", "filter_ddl_policy": "drop_database", "index_trans": True}
    first.set({"job_id": job, "ddl_trans": True, "slot_name": "s", **fields})
    status, body = reader.details(job)
    (entry,) = body["results"]
    assert (status, body["count"], entry["id"], entry["status"]) == (200, 1, job, "CONFIGURATION")
    assert {name: entry[name] for name in fields} == fields
    assert not {"ddl_trans", "slot_name"} & entry.keys()


def test_details_of_a_job_without_a_policy_are_empty(first: Caller, reader: Reader) -> None:
    """Null for what is not set, and an empty text for no DDL filter."""
    _, body = reader.details(first.new_job())
    (entry,) = body["results"]
    names = ("conflict_policy", "filter_ddl_policy", "index_trans")
    assert [entry[name] for name in names] == [None, "", None]


def test_the_only_job_fails_with_400(reader: Reader) -> None:
    """The form of the vendor, for a job that is unknown and for one of another project."""
    for job in ("no such job", SECOND.job_ids[0]):
        status, body = reader.details(job)
        assert (status, body["count"], _ids(body)) == (400, 1, [job])
        assert body["results"][0]["status"] == "failed"
        assert body["results"][0]["error_code"] == "DRS.M00289"


def test_one_of_several_jobs_fails_in_a_200(reader: Reader) -> None:
    """The others are shown, in the order of the request, each once."""
    status, body = reader.details(JOB, SECOND.job_ids[0], JOB, FIRST.job_ids[1])
    assert (status, body["count"]) == (200, 3)
    assert _ids(body) == [JOB, SECOND.job_ids[0], FIRST.job_ids[1]]
    assert [entry["status"] for entry in body["results"]][1] == "failed"
    assert "conflict_policy" not in body["results"][1]


def test_a_page_of_details_has_five_jobs_unless_it_is_asked_otherwise(first: Caller) -> None:
    """The pages together have each job once; 0 means all."""
    reader, jobs = Reader(first), [first.new_job() for _ in range(7)]
    assert _ids(reader.details(*jobs)[1]) == jobs[:5]
    assert _ids(reader.details(*jobs, cur_page=2)[1]) == jobs[5:]
    assert _ids(reader.details(*jobs, per_page=3, cur_page=3)[1]) == jobs[6:]
    assert _ids(reader.details(*jobs, per_page=100)[1]) == jobs
    for everything in ({"per_page": 0}, {"per_page": 0, "cur_page": 0}, {"cur_page": 0}):
        assert _ids(reader.details(*jobs, **everything)[1]) == jobs


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ({"per_page": 101}, "per_page"),
        ({"per_page": -1}, "per_page"),
        ({"cur_page": -1}, "cur_page"),
        ({"per_page": 0, "cur_page": 2}, "cur_page"),
        ({"per_page": 5, "cur_page": 2}, "cur_page"),
    ],
)
def test_a_page_that_cannot_be_is_rejected(
    reader: Reader, page: dict[str, int], named: str
) -> None:
    """Out of bounds, or after the last one; the error names the field."""
    status, body = reader.details(JOB, **page)
    assert (status, body["error_code"]) == (400, "DRS.M00202")
    assert f"page_req.{named}" in body["error_msg"]


def test_each_edition_has_its_limit(serve: Any) -> None:
    """Huawei Cloud takes 10 ids in a request; T Cloud names no limit."""
    jobs = [f"job-{number}" for number in range(11)]
    body = json.dumps({"jobs": jobs})
    for contract, statuses in ((BASE, (200, 200)), (HUAWEI, (400, 200))):
        caller = serve(contract=contract)
        path = contract.operation("batchListJobDetails").path
        path = path.replace("{project_id}", FIRST.project_id)
        headers = {"X-Auth-Token": FIRST.token, "Content-Type": "application/json"}
        ten = json.dumps({"jobs": jobs[:10]})
        found = [
            caller.http.post(path, content=content, headers=headers).status_code
            for content in (body, ten)
        ]
        assert tuple(found) == statuses


def test_a_list_is_paged(first: Caller, reader: Reader) -> None:
    """10 jobs a page unless it is asked otherwise; the total is that of all pages."""
    for _ in range(6):
        first.new_job("PAUSING")
    whole = reader.listed(per_page=0)[1]
    ids = _ids(whole, "jobs")
    assert whole["total_record"] == len(ids) == len(set(ids))
    assert {*FIRST.job_ids, *FIRST.blocked_job_ids} <= {*ids}
    assert not any("conflict_policy" in job for job in whole["jobs"])
    pages = [reader.listed(cur_page=page + 1)[1] for page in range(len(ids) // 10 + 1)]
    assert [job for page in pages for job in _ids(page, "jobs")] == ids
    assert {page["total_record"] for page in pages} == {len(ids)}
    assert all(len(page["jobs"]) <= 10 for page in pages)
    assert reader.listed(cur_page=1000)[1]["jobs"] == []
    assert reader.listed(per_page=101)[0] == 400
    assert reader.listed(per_page=0, cur_page=2)[0] == 400


def test_a_list_is_filtered(first: Caller, reader: Reader) -> None:
    """By state, name or id, engine, and what the jobs are for."""
    job = first.new_job("CHANGE_JOB_FAILED")
    failed = reader.listed(status="CHANGE_JOB_FAILED", per_page=0)[1]["jobs"]
    assert {entry["status"] for entry in failed} == {"CHANGE_JOB_FAILED"}
    (only,) = (entry for entry in failed if entry["id"] == job)
    assert _ids(reader.listed(name=only["name"], per_page=0)[1], "jobs") == [job]
    assert _ids(reader.listed(name=f"{job},{JOB}", per_page=0)[1], "jobs") == sorted([job, JOB])
    assert reader.listed(name="no such name")[1] == {"total_record": 0, "jobs": []}
    assert reader.listed(engine_type=only["engine_type"])[1]["total_record"] > 1
    assert reader.listed(engine_type="postgresql")[1]["total_record"] == 0
    assert reader.listed(db_use_type="migration")[1]["total_record"] == 0
    assert reader.listed(db_use_type="other")[0] == 400
