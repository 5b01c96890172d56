"""A live sandbox on 127.0.0.1, and callers that hold every response against the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
from attrs import frozen

from drs_sync_policy.contract import load
from drs_sync_policy.sandbox import Running, running
from drs_sync_policy.sandbox.seed import FIRST, SECOND, Tenant

OPERATION = load().operation("batchSetPolicy")


def _validators() -> dict[int, jsonschema_rs.Draft202012Validator]:
    contract = load()
    return {
        status: jsonschema_rs.Draft202012Validator(
            contract.standalone(response.content["application/json"])
        )
        for status, response in OPERATION.responses.items()
    }


_VALIDATORS = _validators()


def assert_documented(response: httpx.Response) -> None:
    """Fails where a response of the imitated service is not one that the contract describes."""
    assert len(response.headers["X-Request-Id"]) == 32
    assert response.status_code in _VALIDATORS
    if response.request.method != "HEAD":
        assert response.headers["Content-Type"] == "application/json"
        _VALIDATORS[response.status_code].validate(json.loads(response.content))


@frozen
class Caller:
    """Calls the service as one tenant."""

    http: httpx.Client
    tenant: Tenant

    @property
    def path(self) -> str:
        return f"/v3/{self.tenant.project_id}/jobs/batch-sync-policy"

    def send(
        self,
        content: bytes | str = b"",
        *,
        method: str = "POST",
        path: str | None = None,
        **headers: str | None,
    ) -> httpx.Response:
        """Send these bytes; a header of None is left out, `_` in a name stands for `-`."""
        given = {"X_Auth_Token": self.tenant.token, "Content_Type": "application/json", **headers}
        response = self.http.request(
            method,
            self.path if path is None else path,
            content=content,
            headers={
                name.replace("_", "-"): value for name, value in given.items() if value is not None
            },
        )
        assert_documented(response)
        return response

    def set(self, *jobs: Any, **headers: str | None) -> httpx.Response:
        """Set policies, one item for each job."""
        return self.send(json.dumps({"jobs": jobs}), method="POST", path=None, **headers)

    def new_job(self, state: str = "CONFIGURATION") -> str:
        """The id of a job that no other test knows."""
        response = self.http.post(
            f"/_sandbox/projects/{self.tenant.project_id}/jobs", json={"state": state}
        )
        assert response.status_code == 201
        job_id: str = response.json()["job_id"]
        return job_id

    def stored(self, job_id: str) -> dict[str, Any]:
        """The stored policy of a job, read back by the control route."""
        response = self.http.get(f"/_sandbox/projects/{self.tenant.project_id}/jobs/{job_id}")
        assert response.status_code == 200
        policy: dict[str, Any] = response.json()["policy"]
        return policy


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Running]:
    """One sandbox for all tests of a process; each makes jobs of its own."""
    with running() as served:
        yield served


@pytest.fixture(scope="session")
def http(sandbox: Running) -> Iterator[httpx.Client]:
    """A connection to it."""
    with httpx.Client(base_url=sandbox.url, timeout=30) as client:
        yield client


@pytest.fixture
def first(http: httpx.Client) -> Caller:
    """Calls as the first tenant."""
    return Caller(http, FIRST)


@pytest.fixture
def second(http: httpx.Client) -> Caller:
    """Calls as the second tenant."""
    return Caller(http, SECOND)


Serve = Callable[..., Caller]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a sandbox of the test's own; `create_app`'s options give a caller."""
    opened: list[Any] = []

    def start(**options: Any) -> Caller:
        served = running(**options)
        opened.append(served)
        client = httpx.Client(base_url=served.__enter__().url, timeout=30)
        opened.append(client)
        return Caller(client, FIRST)

    yield start
    for resource in reversed(opened):
        resource.__exit__(None, None, None)
