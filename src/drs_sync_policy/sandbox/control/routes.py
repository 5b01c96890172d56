"""All control routes of one sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from drs_sync_policy.sandbox.control.behavior import BehaviorRoutes
from drs_sync_policy.sandbox.control.jobs import JobRoutes
from drs_sync_policy.sandbox.control.request import ControlError
from drs_sync_policy.sandbox.faults import UnknownFaultError
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.http.routing import Router
from drs_sync_policy.sandbox.planned import PlannedResponses
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.request_log import RequestLog
from drs_sync_policy.sandbox.seed import Tenant
from drs_sync_policy.sandbox.shared_settings import SharedSettings
from drs_sync_policy.sandbox.store.store import Store

PREFIX: Final = b"_sandbox"


class Control:
    """The control routes of one sandbox."""

    def __init__(
        self,
        store: Store,
        settings: SharedSettings,
        log: RequestLog,
        planned: PlannedResponses,
        *,
        tenants: Sequence[Tenant],
    ) -> None:
        jobs = JobRoutes(store, log, tenants)
        behavior = BehaviorRoutes(settings, log, planned)
        self._router = Router((*jobs.routes(), *behavior.routes()), opaque=True)

    async def respond(self, request: Request) -> Response:
        """The response to a control request."""
        try:
            match = self._router.match(request.method, request.segments)
            return await match.target(attrs.evolve(request, path_parameters=match.parameters))
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
