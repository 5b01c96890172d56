"""Control routes for what the sandbox does: faults, network conditions, planned responses, log."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from drs_sync_policy import anyjson
from drs_sync_policy.sandbox.conditions import NetworkConditions
from drs_sync_policy.sandbox.control.request import DONE, ControlError, Routes, document
from drs_sync_policy.sandbox.faults import find
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.planned import Plan, PlannedResponses
from drs_sync_policy.sandbox.request_log import RequestLog
from drs_sync_policy.sandbox.shared_settings import SharedSettings


class BehaviorRoutes:
    """Shows and changes how the sandbox behaves, and shows what it received.

    A handler gets the request and returns the response; `document` is the request's body.
    """

    def __init__(
        self, settings: SharedSettings, log: RequestLog, planned: PlannedResponses
    ) -> None:
        self._settings = settings
        self._faults = settings.faults
        self._log = log
        self._planned = planned

    def routes(self) -> Routes:
        """Each route with its handler."""
        yield "GET", "/_sandbox/faults", self._list_faults
        yield "PUT", "/_sandbox/faults", self._set_faults
        yield "PUT", "/_sandbox/faults/{name}", self._fault_on
        yield "DELETE", "/_sandbox/faults/{name}", self._fault_off
        yield "GET", "/_sandbox/conditions", self._show_conditions
        yield "PUT", "/_sandbox/conditions", self._set_conditions
        yield "GET", "/_sandbox/responses", self._show_planned
        yield "POST", "/_sandbox/responses", self._plan
        yield "DELETE", "/_sandbox/responses", self._clear_planned
        yield "GET", "/_sandbox/requests", self._list_requests
        yield "DELETE", "/_sandbox/requests", self._clear_requests

    async def _list_faults(self, _request: Request) -> Response:
        known = [
            {"name": fault.name, "description": fault.text, "rule": fault.rule}
            for fault in self._faults.catalogue
        ]
        return Response(200, {"active": list(self._faults.names), "faults": known})

    async def _set_faults(self, request: Request) -> Response:
        names = (await document(request)).get("active")
        if not anyjson.is_array(names):
            raise ControlError(400, "`active` must be a list of names of faults")
        return await self._activate(map(str, names))

    async def _fault_on(self, request: Request) -> Response:
        return await self._activate([*self._faults.names, request.path_parameters["name"]])

    async def _fault_off(self, request: Request) -> Response:
        name = request.path_parameters["name"]
        find([name])
        return await self._activate([other for other in self._faults.names if other != name])

    async def _activate(self, names: Iterable[str]) -> Response:
        await self._settings.set_faults(names)
        return Response(200, {"active": list(self._faults.names)})

    async def _show_conditions(self, _request: Request) -> Response:
        return Response(200, attrs.asdict(self._settings.simulator.conditions))

    async def _set_conditions(self, request: Request) -> Response:
        try:
            conditions = NetworkConditions.of(await document(request))
        except ValueError as error:
            raise ControlError(400, str(error)) from error
        await self._settings.set_conditions(conditions)
        return await self._show_conditions(request)

    async def _show_planned(self, _request: Request) -> Response:
        return Response(200, self._planned.document())

    async def _plan(self, request: Request) -> Response:
        if self._settings.peers:
            # Which worker gets the next request is chance.
            raise ControlError(409, "responses can be planned with one worker only")
        try:
            self._planned.add(Plan.of(await document(request)))
        except ValueError as error:
            raise ControlError(400, str(error)) from error
        return Response(201, self._planned.document())

    async def _clear_planned(self, _request: Request) -> Response:
        self._planned.clear()
        return DONE

    async def _list_requests(self, _request: Request) -> Response:
        return Response(200, self._log.document())

    async def _clear_requests(self, _request: Request) -> Response:
        self._log.clear()
        return DONE
