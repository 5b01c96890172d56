"""The optional operations that read: the details of named jobs, and the list of jobs.

Every job of the sandbox is a synchronization job from MySQL to MySQL; its name follows from its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from attrs import frozen

from drs_sync_policy.contract import Contract, Operation
from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import JSON, Handler, Response
from drs_sync_policy.sandbox.states import GONE_JOB
from drs_sync_policy.sandbox.store.records import Job, Policies

T = TypeVar("T")

KIND: Final[Mapping[str, Any]] = {
    "db_use_type": "sync",
    "task_type": "FULL_INCR_TRANS",
    # Of the vendor's other fields, so that a client meets some that the contract does not describe.
    "description": "",
    "job_direction": "up",
}
"""What all jobs of the sandbox have in common."""
ENGINE_TYPE: Final = "mysql"


@frozen
class Page:
    """Which part of a list is asked for; 0 as number or size means all of it."""

    number: int
    size: int

    def of(self, entries: Sequence[T]) -> Sequence[T]:
        """The entries of this page; none if it is beyond the last."""
        if not self.number or not self.size:
            return entries
        return entries[(self.number - 1) * self.size : self.number * self.size]

    def is_beyond(self, entries: Sequence[T]) -> bool:
        """Whether the list ends before this page; page 1 is always there."""
        return self.number > 1 and not self.of(entries)


def page(contract: Contract, schema: Mapping[str, Any], given: Mapping[str, Any], at: str) -> Page:
    """The page that a request asks for, with the defaults of `schema`.

    Raises the 400 of a page after the first if one page has all.
    """
    fields = schema["properties"]
    number, size = (
        int(given.get(name, contract.resolve(fields[name])["default"]))
        for name in ("cur_page", "per_page")
    )
    if not size and number > 1:
        raise rejection.invalid_parameter(f"{at}cur_page")
    return Page(number, size)


def batch_list_job_details(contract: Contract, operation: Operation, store: Policies) -> Handler:
    """Reads jobs by their ids; of a policy it shows the fields that the response describes."""
    paged = contract.resolve(_fields(contract, operation.request[JSON])["page_req"])
    response = _fields(contract, operation.responses[200].content[JSON])
    fields = _fields(contract, contract.resolve(response["results"])["items"])
    shown = {name: contract.resolve(field).get("default") for name, field in fields.items()}

    async def handle(request: Request, document: Any) -> Response:
        asked = page(contract, paged, document.get("page_req", {}), "page_req.")
        ids = list(dict.fromkeys(document["jobs"]))
        if asked.is_beyond(ids):
            raise rejection.invalid_parameter("page_req.cur_page")
        some = asked.of(ids)
        found = await store.named(request.path_parameters["project_id"], some)
        failed = rejection.row_of(GONE_JOB)
        why = {"error_code": failed.code, "error_msg": failed.text(request.language)}

        def results() -> list[dict[str, Any]]:
            return [
                _details(found[job_id], shown)
                if job_id in found
                else {"id": job_id, "status": "failed", **why}
                for job_id in some
            ]

        listed = await request.body.off_loop(results)
        status = 400 if len(ids) == 1 and not found else 200
        return Response(status, {"count": len(listed), "results": listed})

    return handle


def show_job_list(contract: Contract, operation: Operation, store: Policies) -> Handler:
    """Lists the jobs of a project that match, ordered by id."""
    paged = contract.resolve(operation.request[JSON])

    async def handle(request: Request, document: Any) -> Response:
        asked = page(contract, paged, document, "")
        jobs = await store.jobs(request.path_parameters["project_id"])

        def matching() -> list[Job]:
            return [job for job in jobs if _matches(job, document)]

        found = await request.body.off_loop(matching)
        listed = [{**_common(job), "engine_type": ENGINE_TYPE} for job in asked.of(found)]
        return Response(200, {"total_record": len(found), "jobs": listed})

    return handle


def _fields(contract: Contract, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = contract.resolve(schema)["properties"]
    return fields


def _name(job: Job) -> str:
    return f"DRS-{job.job_id[:8]}"


def _common(job: Job) -> dict[str, Any]:
    return {"id": job.job_id, "name": _name(job), "status": job.state, **KIND}


def _details(job: Job, shown: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a job; a described field that its policy lacks has the value in `shown`."""
    policy = {name: job.policy.get(name, unset) for name, unset in shown.items()}
    return {**policy, **_common(job)}


def _matches(job: Job, document: Mapping[str, Any]) -> bool:
    """Whether a job passes the filters; an empty one passes all."""
    facts = {**_common(job), "engine_type": ENGINE_TYPE}
    exact = (name for name in ("status", "engine_type", "db_use_type") if document.get(name))
    if any(document[name] != facts[name] for name in exact):
        return False
    name = document.get("name", "")
    return name in facts["name"] or job.job_id in name.split(",")
