"""For your own tests of code that sets synchronization policies.

Three ways, from the fastest to the most realistic:

- `Scripted`: an httpx transport that responds by a script, without a network;
- `Recorder` and `replayed`: a transport that keeps real exchanges, and one that replays them;
- the pytest fixture `drs_sandbox`: the real sandbox on a free port of 127.0.0.1, fresh for each
  test. It comes with the extra `sandbox`.

>>> from drs_sync_policy import SyncPolicyReq
>>> from drs_sync_policy.testing import Scripted, fails, rejects, succeeds
>>> scripted = Scripted(rejects(429, retry_after=0), fails({"b": "DRS.M00304"}), then=succeeds())
>>> with scripted.client() as drs:
...     outcome = drs.set_policies([SyncPolicyReq(job_id="a"), SyncPolicyReq(job_id="b")])
>>> [(job.job_id, job.error_code) for job in outcome.failed]
[('b', 'DRS.M00304')]
>>> len(scripted.requests), scripted.requests[0].json()["jobs"][1]
(2, {'job_id': 'b'})
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
from attrs import field, frozen

from drs_sync_policy import codes
from drs_sync_policy.client.async_client import AsyncSyncPolicyClient
from drs_sync_policy.client.credentials.login import is_login
from drs_sync_policy.client.network.errors import redacted
from drs_sync_policy.client.sync_client import SyncPolicyClient

if TYPE_CHECKING:
    from drs_sync_policy.sandbox.seed import Tenant

Step = Callable[[httpx.Request], httpx.Response]
"""The response to one request; a step may raise an error of httpx instead."""

_LOGIN_PATH: Final = "/auth/tokens"
_READ_BACK: Final = "/_sandbox/projects/{project_id}/jobs/{job_id}"


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


class Recorder(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that sends requests to a real server and keeps the exchanges.

    `save` writes them as JSON, without credentials: it leaves out request headers, response
    headers that the contract does not describe, and logins. So a recording is replayed with a
    token, whatever credentials it was made with.

    Args:
        inner: The transport that sends the requests, for a sync client.
        inner_async: The same for an async client.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport | None = None,
        *,
        inner_async: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.exchanges: list[dict[str, Any]] = []
        self._inner = inner or httpx.HTTPTransport()
        self._inner_async = inner_async or httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        response = self._inner.handle_request(request)
        response.read()
        self._keep(request, response)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = await self._inner_async.handle_async_request(request)
        await response.aread()
        self._keep(request, response)
        return response

    def _keep(self, request: httpx.Request, response: httpx.Response) -> None:
        if is_login(request) or request.url.path.endswith(_LOGIN_PATH):
            return
        kept = ("content-type", "retry-after", "x-request-id", "allow")
        self.exchanges.append(
            {
                "method": request.method,
                "path": request.url.path,
                "body": request.content.decode("utf-8", "replace"),
                "status": response.status_code,
                "headers": {n: v for n, v in response.headers.items() if n in kept},
                "response": response.content.decode("utf-8", "replace"),
            }
        )

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner_async.aclose()

    def save(self, path: Path) -> None:
        """Writes the exchanges so far to a file."""
        path.write_text(json.dumps(self.exchanges, ensure_ascii=False, indent=1), "utf-8")


def replayed(path: Path) -> Scripted:
    """A transport that replays what a `Recorder` saved, in order.

    A request that differs from the recorded one in method, path or body raises `AssertionError`.
    """
    recorded: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return Scripted(*(_replay(exchange, number) for number, exchange in enumerate(recorded, 1)))


def _replay(exchange: Mapping[str, Any], number: int) -> Step:
    def step(request: httpx.Request) -> httpx.Response:
        sent = (request.method, request.url.path, request.content.decode("utf-8", "replace"))
        if sent != (exchange["method"], exchange["path"], exchange["body"]):
            raise AssertionError(
                f"request {number} differs from the recorded one:"
                f" sent was {sent[0]} {sent[1]} {sent[2]},"
                f" recorded is {exchange['method']} {exchange['path']} {exchange['body']}"
            )
        return httpx.Response(
            exchange["status"], headers=exchange["headers"], content=exchange["response"].encode()
        )

    return step


@frozen
class Sandbox:
    """A running sandbox: its URL, and the credentials and jobs of its first tenant."""

    url: str
    tenants: tuple[Tenant, ...]

    @property
    def project_id(self) -> str:
        """The project of the first tenant."""
        return self.tenants[0].project_id

    @property
    def token(self) -> str:
        """The token of the first tenant."""
        return self.tenants[0].token

    @property
    def job_ids(self) -> tuple[str, ...]:
        """Jobs of the first tenant that accept a policy."""
        return self.tenants[0].job_ids

    @property
    def blocked_job_ids(self) -> tuple[str, ...]:
        """Jobs of the first tenant whose state forbids it."""
        return self.tenants[0].blocked_job_ids

    def client(self, **options: Any) -> SyncPolicyClient:
        """A client of the first tenant; `options` are those of `SyncPolicyClient`."""
        return SyncPolicyClient(**self._options(options))

    def async_client(self, **options: Any) -> AsyncSyncPolicyClient:
        """A client of the first tenant; `options` are those of `AsyncSyncPolicyClient`."""
        return AsyncSyncPolicyClient(**self._options(options))

    def policy(self, job_id: str) -> dict[str, Any]:
        """The stored policy of a job of the first tenant; `KeyError` if the job does not exist."""
        path = _READ_BACK.format(project_id=self.project_id, job_id=job_id)
        response = httpx.get(self.url + path, trust_env=False)
        if response.status_code != 200:
            raise KeyError(job_id)
        policy: dict[str, Any] = response.json()["policy"]
        return policy

    def environment(self) -> dict[str, str]:
        """The variables with which `from_environment` and the command call this sandbox."""
        return {"DRS_URL": self.url, "DRS_PROJECT_ID": self.project_id, "DRS_TOKEN": self.token}

    def _options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        ours = {"base_url": self.url, "project_id": self.project_id, "auth": self.token}
        return {**ours, **options}


@contextmanager
def sandbox(**options: Any) -> Generator[Sandbox]:
    """A sandbox on a free port of 127.0.0.1 until the block ends.

    `options` are those of `drs_sync_policy.sandbox.create_app`; it needs the extra `sandbox`.
    """
    from drs_sync_policy.sandbox import running

    with running(**options) as server:
        yield Sandbox(server.url, server.tenants)


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
