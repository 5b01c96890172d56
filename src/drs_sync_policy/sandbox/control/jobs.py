"""Control routes for the stored jobs and policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from drs_sync_policy.sandbox.control.request import DONE, ControlError, Routes, document
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.request_log import RequestLog
from drs_sync_policy.sandbox.seed import Tenant
from drs_sync_policy.sandbox.states import INITIAL_STATE, STATES
from drs_sync_policy.sandbox.store.records import Job
from drs_sync_policy.sandbox.store.store import Store
from drs_sync_policy.text import did_you_mean, listed

_JOBS: Final = "/_sandbox/projects/{project_id}/jobs"
READ_BACK: Final = f"{_JOBS}/{{job_id}}"
"""Where a stored policy is read: `GET`, and `/policy` points to it in the response."""

_MAX_ID_BYTES: Final = 1024
_MAX_COUNT: Final = 100_000


class JobRoutes:
    """Lists, creates and changes jobs, whatever their state.

    A handler gets the request and returns the response; `document` is the request's body. What can
    be read and stored is in `store/store.py`; who may call is in `self._tenants` (`seed.Tenant`).
    """

    def __init__(self, store: Store, log: RequestLog, tenants: Sequence[Tenant]) -> None:
        self._store = store
        self._log = log
        self._tenants = tenants

    def routes(self) -> Routes:
        """Each route with its handler."""
        yield "GET", _JOBS, self._list
        yield "POST", _JOBS, self._create
        yield "GET", READ_BACK, self._show
        yield "PUT", f"{READ_BACK}/state", self._set_state
        yield "POST", "/_sandbox/seed", self._seed
        yield "POST", "/_sandbox/reset", self._reset

    async def _list(self, request: Request) -> Response:
        jobs = await self._store.jobs(request.path_parameters["project_id"])
        return Response(200, {"jobs": [job.as_json() for job in jobs]})

    async def _create(self, request: Request) -> Response:
        asked = await document(request)
        project_id = _short(request.path_parameters["project_id"], "project_id")
        state = _state(asked.get("state", INITIAL_STATE))
        if "count" in asked:
            return await self._create_many(project_id, state, asked)
        job = Job(project_id, _short(asked.get("job_id", _new_job_id()), "job_id"), state)
        if not await self._store.create(job):
            raise ControlError(409, f"project {project_id!r} has a job {job.job_id!r} already")
        return Response(201, job.as_json())

    async def _create_many(self, project_id: str, state: str, asked: dict[str, Any]) -> Response:
        count = asked["count"]
        if "job_id" in asked:
            raise ControlError(400, "give `count` or `job_id`, not both")
        if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= _MAX_COUNT:
            raise ControlError(400, f"`count` must be an integer from 1 to {_MAX_COUNT}")
        jobs = [Job(project_id, _new_job_id(), state) for _ in range(count)]
        await self._store.create_many(jobs)
        return Response(201, {"job_ids": [job.job_id for job in jobs]})

    async def _show(self, request: Request) -> Response:
        parameters = request.path_parameters
        job = await self._store.job(parameters["project_id"], parameters["job_id"])
        if job is None:
            raise _no_such_job(request)
        return Response(200, job.as_json())

    async def _set_state(self, request: Request) -> Response:
        state = _state((await document(request)).get("state"))
        parameters = request.path_parameters
        if not await self._store.set_state(parameters["project_id"], parameters["job_id"], state):
            raise _no_such_job(request)
        return await self._show(request)

    async def _seed(self, _request: Request) -> Response:
        await self._store.seed(self._tenants)
        return DONE

    async def _reset(self, _request: Request) -> Response:
        await self._store.reset(self._tenants)
        self._log.clear()
        return DONE


def _no_such_job(request: Request) -> ControlError:
    parameters = request.path_parameters
    return ControlError(
        404, f"project {parameters['project_id']!r} has no job {parameters['job_id']!r}"
    )


def _short(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.encode()) <= _MAX_ID_BYTES:
        raise ControlError(400, f"`{name}` must be a string of 1 to {_MAX_ID_BYTES} bytes")
    return value


def _state(value: object) -> str:
    if value in STATES:
        return str(value)
    hint = did_you_mean(value, STATES)
    raise ControlError(400, f"unknown state {value!r}: choose {listed(STATES)}{hint}")


def _new_job_id() -> str:
    # The vendor's shape: like a UUID, with `jb` and a two-digit kind at the end.
    return f"{uuid4()}"[:-4] + "jb11"
