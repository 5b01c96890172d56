"""A transport that responds by a script, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from attrs import field, frozen

from drs_sync_policy import codes
from drs_sync_policy.client.async_client import AsyncSyncPolicyClient
from drs_sync_policy.client.credentials.login import is_login
from drs_sync_policy.client.network.errors import redacted
from drs_sync_policy.client.sync_client import SyncPolicyClient

Step = Callable[[httpx.Request], httpx.Response]
"""The response to one request; a step may raise an error of httpx instead."""


@frozen
class Request:
    """A request as it was sent: credentials are replaced by `***`."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """The body."""
        return json.loads(self.content)

    @property
    def job_ids(self) -> list[str]:
        """The jobs of the body, in their order."""
        return [job["job_id"] for job in self.json()["jobs"]]


class Scripted(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that responds to each request with the next step, and after the last with `then`.

    `requests` are those that were sent. A request without a step raises `AssertionError`.

    Examples:
        >>> from drs_sync_policy import RefusedError, SyncPolicyReq
        >>> from drs_sync_policy.testing import Scripted, rejects
        >>> scripted = Scripted(rejects(403))
        >>> with scripted.client() as drs:
        ...     try:
        ...         drs.set_policies([SyncPolicyReq(job_id="a", conflict_policy="stop")])
        ...     except RefusedError as error:
        ...         status = error.status
        >>> status, scripted.requests[0].headers["x-auth-token"]
        (403, '***')
    """

    def __init__(self, *steps: Step, then: Step | None = None) -> None:
        self.requests: list[Request] = []
        self._steps = iter(steps)
        self._then = then

    def client(self, **options: Any) -> SyncPolicyClient:
        """A client that sends everything here; `options` are those of `SyncPolicyClient`."""
        return SyncPolicyClient(**_defaults(options), http_client=httpx.Client(transport=self))

    def async_client(self, **options: Any) -> AsyncSyncPolicyClient:
        """A client that sends everything here; `options` are those of `AsyncSyncPolicyClient`."""
        mine = httpx.AsyncClient(transport=self)
        return AsyncSyncPolicyClient(**_defaults(options), http_client=mine)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(_request(request))
        step = next(self._steps, self._then)
        if step is None:
            raise AssertionError(f"the script has no step for request {len(self.requests)}")
        return step(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


def succeeds() -> Step:
    """A step: every job of the request succeeds."""
    return fails({})


def fails(failures: Mapping[str, str], *, language: str = "en-us") -> Step:
    """A step: these jobs fail with these codes and the vendor's messages; all others succeed."""

    def step(request: httpx.Request) -> httpx.Response:
        jobs = [job["job_id"] for job in json.loads(request.content)["jobs"]]
        results = [
            {"id": job, "status": "failed", **_explained(failures[job], language)}
            if job in failures
            else {"id": job, "status": "success"}
            for job in jobs
        ]
        return httpx.Response(200, json={"results": results, "count": len(results)})

    return step


def rejects(status: int, code: str | None = None, *, retry_after: float | None = None) -> Step:
    """A step: the server rejects the request with this status, and this or a matching code."""
    fitting = next((row.code for row in codes.all_codes() if row.status == status), "DRS.M00001")
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}

    def step(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=_explained(code or fitting, "en-us"), headers=headers)

    return step


def responds(status: int, content: bytes | str = b"", **headers: str) -> Step:
    """A step: this response; `_` in the name of a header stands for `-`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, content=content, headers=given)


def breaks(error: type[httpx.RequestError] = httpx.ReadError) -> Step:
    """A step: the connection breaks, with this error of httpx."""

    def step(request: httpx.Request) -> httpx.Response:
        raise error("broken by the script", request=request)

    return step


def _defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    ours: dict[str, Any] = {"project_id": "0" * 32, "auth": "scripted-token"}
    if "region" not in options:
        ours["base_url"] = "http://scripted.invalid"
    return {**ours, **options}


def _explained(code: str, language: str) -> dict[str, str]:
    known = codes.find(code)
    return {"error_code": code, "error_msg": known.text(language) if known else code}


def _request(request: httpx.Request) -> Request:
    content = b'{"auth": "***"}' if is_login(request) else bytes(request.read())
    return Request(request.method, request.url.path, redacted(request).headers, content)
