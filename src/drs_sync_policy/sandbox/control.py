"""The control routes under `/_sandbox/`: outside the contract, for tests.

They need no credentials: whoever can reach them may do everything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, cast
from uuid import uuid4

import attrs
from attrs import frozen

from drs_sync_policy.sandbox.conditions import NetworkConditions
from drs_sync_policy.sandbox.faults import UnknownFaultError, find
from drs_sync_policy.sandbox.http import ijson
from drs_sync_policy.sandbox.http.body import SMALL_BODY_BYTES
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.http.routing import Router
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.request_log import RequestLog
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy.sandbox.shared_settings import SharedSettings
from drs_sync_policy.sandbox.states import INITIAL_STATE, STATES
from drs_sync_policy.sandbox.store.records import Job
from drs_sync_policy.sandbox.store.store import Store
from drs_sync_policy.text import did_you_mean, listed

PREFIX: Final = b"_sandbox"
READ_BACK: Final = "/_sandbox/projects/{project_id}/jobs/{job_id}"
"""Where a stored policy is read: `GET`, and `/policy` points to it in the response."""

_MAX_ID_BYTES: Final = 1024

ControlHandler = Callable[[Request], Awaitable[Response]]


@frozen
class ControlError(Exception):
    """An invalid control request: the status, and what to do instead."""

    status: int
    message: str


class Control:
    """The control routes of one sandbox."""

    def __init__(self, store: Store, settings: SharedSettings, log: RequestLog) -> None:
        self._store = store
        self._settings = settings
        self._log = log
        self._faults = settings.faults
        self._router = Router(self._routes(), opaque=True)

    def _routes(self) -> Iterable[tuple[str, str, ControlHandler]]:
        yield "GET", "/_sandbox/projects/{project_id}/jobs", self._list_jobs
        yield "POST", "/_sandbox/projects/{project_id}/jobs", self._create_job
        yield "GET", READ_BACK, self._show_job
        yield "PUT", f"{READ_BACK}/state", self._set_state
        yield "POST", "/_sandbox/seed", self._seed
        yield "POST", "/_sandbox/reset", self._reset
        yield "GET", "/_sandbox/faults", self._list_faults
        yield "PUT", "/_sandbox/faults", self._set_faults
        yield "PUT", "/_sandbox/faults/{name}", self._fault_on
        yield "DELETE", "/_sandbox/faults/{name}", self._fault_off
        yield "GET", "/_sandbox/conditions", self._show_conditions
        yield "PUT", "/_sandbox/conditions", self._set_conditions
        yield "GET", "/_sandbox/requests", self._list_requests

    async def respond(self, request: Request) -> Response:
        """The response to a control request."""
        try:
            match = self._router.match(request.method, request.segments)
            return await match.target(_with_parameters(request, match.parameters))
        except UnknownFaultError as error:
            return Response(404, {"error": str(error)})
        except ControlError as error:
            return Response(error.status, {"error": error.message})
        except Rejection as rejected:
            return Response(
                rejected.status,
                {"error": rejected.row.text("en-us", *rejected.details)},
                headers=rejected.headers,
            )

    async def _list_jobs(self, request: Request) -> Response:
        jobs = await self._store.jobs(request.path_parameters["project_id"])
        return Response(200, {"jobs": [_shown(job) for job in jobs]})

    async def _create_job(self, request: Request) -> Response:
        asked = await _document(request)
        job = Job(
            project_id=_short(request.path_parameters["project_id"], "project_id"),
            job_id=_short(asked.get("job_id", _new_job_id()), "job_id"),
            state=_state(asked.get("state", INITIAL_STATE)),
        )
        if not await self._store.create(job):
            raise ControlError(409, f"project {job.project_id!r} has a job {job.job_id!r} already")
        return Response(201, _shown(job))

    async def _show_job(self, request: Request) -> Response:
        job = await self._store.job(
            request.path_parameters["project_id"], request.path_parameters["job_id"]
        )
        if job is None:
            raise _no_such_job(request)
        return Response(200, _shown(job))

    async def _set_state(self, request: Request) -> Response:
        state = _state((await _document(request)).get("state"))
        project_id, job_id = (
            request.path_parameters["project_id"],
            request.path_parameters["job_id"],
        )
        if not await self._store.set_state(project_id, job_id, state):
            raise _no_such_job(request)
        return await self._show_job(request)

    async def _list_faults(self, request: Request) -> Response:
        known = [
            {"name": fault.name, "description": fault.text, "rule": fault.rule}
            for fault in self._faults.catalogue
        ]
        return Response(200, {"active": list(self._faults.names), "faults": known})

    async def _set_faults(self, request: Request) -> Response:
        names = (await _document(request)).get("active")
        if not isinstance(names, list):
            raise ControlError(400, "`active` must be a list of names of faults")
        return await self._activate([str(name) for name in cast(list[object], names)])

    async def _fault_on(self, request: Request) -> Response:
        return await self._activate([*self._faults.names, request.path_parameters["name"]])

    async def _fault_off(self, request: Request) -> Response:
        name = request.path_parameters["name"]
        find([name])
        return await self._activate([other for other in self._faults.names if other != name])

    async def _activate(self, names: Iterable[str]) -> Response:
        await self._settings.set_faults(names)
        return Response(200, {"active": list(self._faults.names)})

    async def _show_conditions(self, request: Request) -> Response:
        return Response(200, attrs.asdict(self._settings.simulator.conditions))

    async def _set_conditions(self, request: Request) -> Response:
        try:
            conditions = NetworkConditions.of(await _document(request))
        except ValueError as error:
            raise ControlError(400, str(error)) from error
        await self._settings.set_conditions(conditions)
        return await self._show_conditions(request)

    async def _list_requests(self, _request: Request) -> Response:
        return Response(200, self._log.document())

    async def _seed(self, request: Request) -> Response:
        await self._store.seed(TENANTS)
        return Response(204, None)

    async def _reset(self, request: Request) -> Response:
        await self._store.reset(TENANTS)
        self._log.clear()
        return Response(204, None)


def _with_parameters(request: Request, parameters: Any) -> Request:
    return attrs.evolve(request, path_parameters=parameters)


def _shown(job: Job) -> dict[str, Any]:
    return {
        "project_id": job.project_id,
        "job_id": job.job_id,
        "state": job.state,
        "policy": dict(job.policy),
    }


def _no_such_job(request: Request) -> ControlError:
    parameters = request.path_parameters
    return ControlError(
        404, f"project {parameters['project_id']!r} has no job {parameters['job_id']!r}"
    )


async def _document(request: Request) -> dict[str, Any]:
    body = await request.body.read(limit=SMALL_BODY_BYTES)
    try:
        document: Any = ijson.parse(body) if body else {}
    except ijson.NotIJsonError as error:
        raise ControlError(400, f"the body is not I-JSON: {error}") from error
    if not isinstance(document, dict):
        raise ControlError(400, "the body must be a JSON object")
    return cast(dict[str, Any], document)


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
