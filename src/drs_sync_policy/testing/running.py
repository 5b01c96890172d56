"""The real sandbox in a test: its jobs and policies, and what its next responses are."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx
from attrs import frozen

from drs_sync_policy.client.async_client import AsyncSyncPolicyClient
from drs_sync_policy.client.sync_client import SyncPolicyClient
from drs_sync_policy.testing.scripted import Request

if TYPE_CHECKING:
    from drs_sync_policy.sandbox.seed import Tenant

_JOBS: Final = "projects/{project_id}/jobs"
_JOB: Final = f"{_JOBS}/{{job_id}}"


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

    def environment(self) -> dict[str, str]:
        """The variables with which `from_environment` and the command call this sandbox."""
        return {"DRS_URL": self.url, "DRS_PROJECT_ID": self.project_id, "DRS_TOKEN": self.token}

    def policy(self, job_id: str) -> dict[str, Any]:
        """The stored policy of a job of the first tenant; `KeyError` if the job does not exist."""
        path = _JOB.format(project_id=self.project_id, job_id=job_id)
        try:
            policy: dict[str, Any] = self._control("GET", path)["policy"]
        except ValueError:
            raise KeyError(job_id) from None
        return policy

    def add_jobs(self, count: int, *, state: str = "CONFIGURATION") -> tuple[str, ...]:
        """The ids of so many new jobs of the first tenant, in this state."""
        path = _JOBS.format(project_id=self.project_id)
        return tuple(self._control("POST", path, count=count, state=state)["job_ids"])

    def respond_with(
        self,
        *responses: int | str | Mapping[str, int],
        times: int = 1,
        route: str | None = None,
        job_id: str | None = None,
    ) -> None:
        """Plan what the next requests get, in this order, so many `times`.

        A response is an error status (503), `"reset"` for a connection error, or the fields
        `delay_ms`, `status` and `retry_after`; without a status, the real response follows the
        delay. With `route`, a path such as `/v3/auth/tokens`, and `job_id`, only requests to this
        path and with this job are affected. Further requests get their real response.
        """
        wanted = {"responses": [*responses] * times, "route": route, "job_id": job_id}
        self._control("POST", "responses", **wanted)

    def conditions(self, **conditions: Any) -> None:
        """Set the network conditions; without arguments there are none.

        They are `latency_ms`, the shares of requests that are `throttled`, `unavailable` and
        `reset`, `retry_after`, and a `seed`, with which chance chooses the requests.
        """
        self._control("PUT", "conditions", **conditions)

    def fault(self, name: str) -> AbstractContextManager[None]:
        """Activate a fault of the catalogue, now and until the test or a `with` block ends."""
        self._control("PUT", f"faults/{name}")
        return self._until_end(name)

    @contextmanager
    def _until_end(self, name: str) -> Generator[None]:
        try:
            yield
        finally:
            self._control("DELETE", f"faults/{name}")

    @property
    def requests(self) -> list[Request]:
        """The latest 1000 requests to the API, the oldest first; credentials are `***`."""
        logged: Sequence[dict[str, Any]] = self._control("GET", "requests")["requests"]
        return [
            Request(entry["method"], entry["path"], entry["headers"], entry["body"].encode())
            for entry in logged
        ]

    def _control(self, method: str, path: str, **document: Any) -> dict[str, Any]:
        response = httpx.request(
            method,
            f"{self.url}/_sandbox/{path}",
            json=document if method in ("POST", "PUT") else None,
            trust_env=False,
            verify=False,  # noqa: S501 - there is no TLS, and to load certificates takes long
            timeout=60,
        )
        found: dict[str, Any] = response.json()
        if response.status_code >= 400:
            raise ValueError(found["error"])
        return found

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
