"""Planned responses: what the next requests get instead of their response, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from attrs import asdict, frozen

from drs_sync_policy import anyjson
from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.conditions import ConnectionReset, check_names
from drs_sync_policy.sandbox.http import ijson
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.routing import Template

RESET: Final = "reset"
_MOST_STEPS: Final = 10_000
_STATUSES: Final = range(400, 600)
_LIMITS: Final = {"status": _STATUSES, "delay_ms": range(60_001), "retry_after": range(3601)}
_FIELDS: Final = ("responses", "route", "job_id")


@frozen
class Step:
    """What one request gets: a delay, then an error status, a reset, or its real response."""

    status: int | None = None
    reset: bool = False
    delay_ms: float = 0
    retry_after: int | None = None

    @classmethod
    def of(cls, value: object) -> Step:
        """The step that 503, "reset" or `{"delay_ms": 200, "status": 503}` describes.

        `ValueError` says what is invalid.
        """
        if value == RESET:
            return cls(reset=True)
        if anyjson.is_object(value):
            return cls._of_fields(value)
        return cls(status=_number("a response", value, _STATUSES))

    @classmethod
    def _of_fields(cls, value: Mapping[str, Any]) -> Step:
        check_names(value, _LIMITS)
        given: dict[str, Any] = {
            name: _number(f"`{name}`", value[name], _LIMITS[name]) for name in value
        }
        return cls(**given)

    def document(self) -> dict[str, Any]:
        """The step as JSON."""
        return asdict(self, filter=lambda attribute, value: value != attribute.default)

    async def apply(self) -> None:
        """Wait, then raise the error or the reset, if it is one."""
        if self.delay_ms:
            await asyncio.sleep(self.delay_ms / 1000)
        if self.reset:
            raise ConnectionReset
        if self.status is not None:
            raise rejection.of_status(self.status, self.retry_after)


def _number(name: str, value: object, limit: range) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in limit:
        raise ValueError(f"{name} must be an integer from {limit[0]} to {limit[-1]}")
    return value


@frozen
class Plan:
    """The steps of the next requests to `route` (a path, may have `{parameters}`) and `job_id`."""

    steps: deque[Step]
    route: str | None = None
    job_id: str | None = None
    template: Template | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Plan:
        """The plan of `{"responses": [...], "route": ..., "job_id": ...}`; `ValueError`."""
        check_names(document, _FIELDS)
        steps = document.get("responses")
        if not anyjson.is_array(steps) or not 0 < len(steps) <= _MOST_STEPS:
            raise ValueError(f"`responses` must be a list of 1 to {_MOST_STEPS} responses")
        for name in ("route", "job_id"):
            if not isinstance(document.get(name), str | None):
                raise ValueError(f"`{name}` must be a string")
        route = document.get("route")
        return cls(
            steps=deque(Step.of(step) for step in steps),
            route=route,
            job_id=document.get("job_id"),
            template=None if route is None else Template.of(route),
        )

    async def fits(self, request: Request) -> bool:
        """Whether the request is one of those that the plan is for."""
        if self.template and self.template.match(request.segments, opaque=True) is None:
            return False
        if self.job_id is None:
            return True
        body = await request.body.read()
        return self.job_id in await request.body.off_loop(_job_ids, body)

    def document(self) -> dict[str, Any]:
        """The rest of the plan as JSON."""
        steps = [step.document() for step in self.steps]
        return {"route": self.route, "job_id": self.job_id, "responses": steps}


class PlannedResponses:
    """The plans of one sandbox. Of several plans for a request, the oldest has the step."""

    def __init__(self) -> None:
        self._plans: list[Plan] = []

    def add(self, plan: Plan) -> None:
        """Plan the responses of the next requests."""
        self._plans.append(plan)

    def clear(self) -> None:
        """Plan nothing."""
        self._plans.clear()

    def document(self) -> dict[str, Any]:
        """What is still planned, as JSON."""
        return {"planned": [plan.document() for plan in self._plans]}

    async def apply(self, request: Request) -> bool:
        """Do what is planned for this request, if anything is; whether something was."""
        for plan in tuple(self._plans):
            if await plan.fits(request) and plan.steps:
                step = plan.steps.popleft()
                self._plans = [other for other in self._plans if other.steps]
                await step.apply()
                return True
        return False


def _job_ids(body: bytes) -> frozenset[str]:
    try:
        items = ijson.parse(body)["jobs"]
        return frozenset(item["job_id"] for item in items)
    except (ijson.NotIJsonError, TypeError, KeyError):
        return frozenset()
