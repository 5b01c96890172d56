"""The control routes under `/_sandbox/`: outside the contract, for tests and for the curious.

They take no credentials: whoever reaches them may do everything. Serve them to nobody else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, cast
from uuid import uuid4

import attrs
from attrs import frozen

from drs_sync_policy.sandbox.conditions import Weather
from drs_sync_policy.sandbox.faults import UnknownFaultError, find
from drs_sync_policy.sandbox.http import ijson
from drs_sync_policy.sandbox.http.response import Answer
from drs_sync_policy.sandbox.http.routing import Router
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy.sandbox.states import INITIAL_STATE, STATES
from drs_sync_policy.sandbox.store.store import Job, Store
from drs_sync_policy.sandbox.switches import Switches
from drs_sync_policy.text import did_you_mean, listed

PREFIX: Final = b"_sandbox"
READ_BACK: Final = "/_sandbox/projects/{project_id}/jobs/{job_id}"
"""Where a stored policy is read: `GET`, and `/policy` points to it in the answer."""

_MAX_ID_BYTES: Final = 1024

ControlHandler = Callable[[Call], Awaitable[Answer]]


@frozen
class ControlError(Exception):
    """A control request that cannot be done: the status, and what to do instead."""

    status: int
    message: str


class Control:
    """The control routes of one sandbox."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store = store
        self._switches = switches
        self._board = switches.board
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
        yield "GET", "/_sandbox/weather", self._show_weather
        yield "PUT", "/_sandbox/weather", self._set_weather

    async def take(self, call: Call) -> Answer:
        """The answer to a control request."""
        try:
            match = self._router.match(call.method, call.segments)
            return await match.target(_with_parameters(call, match.parameters))
        except UnknownFaultError as error:
            return Answer(404, {"error": str(error)})
        except ControlError as error:
            return Answer(error.status, {"error": error.message})
        except Refusal as refused:
            return Answer(
                refused.status,
                {"error": refused.row.text("en-us", *refused.details)},
                headers=refused.headers,
            )

    async def _list_jobs(self, call: Call) -> Answer:
        jobs = await self._store.jobs(call.path_parameters["project_id"])
        return Answer(200, {"jobs": [_shown(job) for job in jobs]})

    async def _create_job(self, call: Call) -> Answer:
        asked = await _document(call)
        job = Job(
            project_id=_short(call.path_parameters["project_id"], "project_id"),
            job_id=_short(asked.get("job_id", _new_job_id()), "job_id"),
            state=_state(asked.get("state", INITIAL_STATE)),
        )
        if not await self._store.create(job):
            raise ControlError(409, f"project {job.project_id!r} has a job {job.job_id!r} already")
        return Answer(201, _shown(job))

    async def _show_job(self, call: Call) -> Answer:
        job = await self._store.job(
            call.path_parameters["project_id"], call.path_parameters["job_id"]
        )
        if job is None:
            raise _no_such_job(call)
        return Answer(200, _shown(job))

    async def _set_state(self, call: Call) -> Answer:
        state = _state((await _document(call)).get("state"))
        project_id, job_id = call.path_parameters["project_id"], call.path_parameters["job_id"]
        if not await self._store.set_state(project_id, job_id, state):
            raise _no_such_job(call)
        return await self._show_job(call)

    async def _list_faults(self, call: Call) -> Answer:
        known = [
            {"name": fault.name, "description": fault.description, "rule": fault.rule}
            for fault in self._board.catalogue
        ]
        return Answer(200, {"active": list(self._board.active), "faults": known})

    async def _set_faults(self, call: Call) -> Answer:
        names = (await _document(call)).get("active")
        if not isinstance(names, list):
            raise ControlError(400, "`active` must be a list of names of faults")
        return await self._switch([str(name) for name in cast(list[object], names)])

    async def _fault_on(self, call: Call) -> Answer:
        return await self._switch([*self._board.active, call.path_parameters["name"]])

    async def _fault_off(self, call: Call) -> Answer:
        name = call.path_parameters["name"]
        find([name])
        return await self._switch([other for other in self._board.active if other != name])

    async def _switch(self, names: Iterable[str]) -> Answer:
        await self._switches.set_faults(names)
        return Answer(200, {"active": list(self._board.active)})

    async def _show_weather(self, call: Call) -> Answer:
        return Answer(200, attrs.asdict(self._switches.sky.weather))

    async def _set_weather(self, call: Call) -> Answer:
        try:
            weather = Weather.of(await _document(call))
        except ValueError as error:
            raise ControlError(400, str(error)) from error
        await self._switches.set_weather(weather)
        return await self._show_weather(call)

    async def _seed(self, call: Call) -> Answer:
        await self._store.seed(TENANTS)
        return Answer(204, None)

    async def _reset(self, call: Call) -> Answer:
        await self._store.reset(TENANTS)
        return Answer(204, None)


def _with_parameters(call: Call, parameters: Any) -> Call:
    return attrs.evolve(call, path_parameters=parameters)


def _shown(job: Job) -> dict[str, Any]:
    return {
        "project_id": job.project_id,
        "job_id": job.job_id,
        "state": job.state,
        "policy": dict(job.policy),
    }


def _no_such_job(call: Call) -> ControlError:
    parameters = call.path_parameters
    return ControlError(
        404, f"project {parameters['project_id']!r} has no job {parameters['job_id']!r}"
    )


async def _document(call: Call) -> dict[str, Any]:
    body = await call.body.read()
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
