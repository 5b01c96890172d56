"""Planned responses, conditions with a seed, many jobs at once, and the request log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from drs_sync_policy import PasswordAuth, SyncPolicyReq
from drs_sync_policy.sandbox.seed import FIRST
from drs_sync_policy.testing import Sandbox

from .conftest import Caller

RESPONSES = "/_sandbox/responses"
JOBS = f"/_sandbox/projects/{FIRST.project_id}/jobs"
LOGIN = "/v3/auth/tokens"


def planned(sandbox: Sandbox) -> list[Any]:
    """What is still planned."""
    found: list[Any] = httpx.get(sandbox.url + RESPONSES).json()["planned"]
    return found


def statuses(sandbox: Sandbox, number: int, *job_ids: str) -> list[int | None]:
    """The statuses of so many batches with these jobs; None for a connection error."""
    found: list[int | None] = []
    body = {"jobs": [{"job_id": job_id} for job_id in job_ids or sandbox.job_ids[:1]]}
    path = f"/v3/{sandbox.project_id}/jobs/batch-sync-policy"
    with httpx.Client(base_url=sandbox.url, headers={"X-Auth-Token": sandbox.token}) as client:
        for _ in range(number):
            try:
                found.append(client.post(path, json=body).status_code)
            except httpx.TransportError:
                found.append(None)
    return found


def test_the_next_responses_are_planned(drs_sandbox: Sandbox) -> None:
    """In their order, a reset among them, and then the real ones."""
    drs_sandbox.respond_with(503, 429, "reset", {"delay_ms": 1}, 500)
    assert statuses(drs_sandbox, 7) == [503, 429, None, 200, 500, 200, 200]
    assert planned(drs_sandbox) == []


def test_a_delay_comes_before_the_response(drs_sandbox: Sandbox) -> None:
    """Alone, or before an error."""
    drs_sandbox.respond_with({"delay_ms": 200}, {"delay_ms": 200, "status": 503})
    began = time.monotonic()
    assert statuses(drs_sandbox, 2) == [200, 503]
    assert time.monotonic() - began >= 0.4


def test_a_plan_is_for_a_route_and_a_job(drs_sandbox: Sandbox) -> None:
    """Other requests get their real responses and use nothing up; the oldest plan comes first."""
    one, other = drs_sandbox.job_ids[:2]
    drs_sandbox.respond_with(503, times=2, job_id=one)
    drs_sandbox.respond_with(401, route=LOGIN)
    drs_sandbox.respond_with(429, route="/v3/{project_id}/jobs/batch-sync-policy")
    assert statuses(drs_sandbox, 1, other) == [429]
    assert statuses(drs_sandbox, 1, other) == [200]
    assert statuses(drs_sandbox, 1, other, one) == [503]
    assert [plan["job_id"] for plan in planned(drs_sandbox)] == [one, None]
    assert httpx.post(drs_sandbox.url + LOGIN, json={}).status_code == 401
    assert httpx.post(drs_sandbox.url + LOGIN, json={}).status_code == 400
    assert statuses(drs_sandbox, 2, one) == [503, 200]


def test_a_client_retries_what_is_planned(drs_sandbox: Sandbox) -> None:
    """`Retry-After` is sent; the policy is stored by the last attempt."""
    drs_sandbox.respond_with({"status": 503, "retry_after": 0}, times=2)
    job_id = drs_sandbox.job_ids[0]
    with drs_sandbox.client() as drs:
        assert drs.set_policy(SyncPolicyReq(job_id=job_id, ddl_trans=True)).succeeded
    assert [request.job_ids for request in drs_sandbox.requests] == [[job_id]] * 3
    assert drs_sandbox.policy(job_id) == {"ddl_trans": True}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"responses": []},
        {"responses": 503},
        {"responses": [200]},
        {"responses": [600]},
        {"responses": [True]},
        {"responses": ["rest"]},
        {"responses": [{"delay": 1}]},
        {"responses": [{"delay_ms": -1}]},
        {"responses": [{"status": 503, "retry_after": "1"}]},
        {"responses": [503], "job_id": 1},
        {"responses": [503], "times": 2},
        {"responses": [503], "route": "/{a}b"},
    ],
)
def test_an_invalid_plan_is_an_error(first: Caller, body: Any) -> None:
    """It says what is valid, and nothing is planned."""
    response = first.http.post(RESPONSES, json=body)
    assert (response.status_code, bool(response.json()["error"])) == (400, True)
    assert first.http.get(RESPONSES).json() == {"planned": []}


def test_plans_can_be_dropped(drs_sandbox: Sandbox) -> None:
    """`DELETE` leaves none."""
    drs_sandbox.respond_with(503, times=100)
    assert httpx.delete(drs_sandbox.url + RESPONSES).status_code == 204
    assert statuses(drs_sandbox, 1) == [200]


def test_workers_cannot_plan(serve: Callable[..., Caller]) -> None:
    """Which worker gets the next request is chance."""
    http = serve(peers=True).http
    assert http.post(RESPONSES, json={"responses": [503]}).status_code == 409


def test_a_seed_chooses_the_same_requests_again(drs_sandbox: Sandbox) -> None:
    """Chance meets the share, differs by seed, and is the same with the same seed."""

    def of(seed: int) -> list[int | None]:
        drs_sandbox.conditions(unavailable=0.5, seed=seed)
        return statuses(drs_sandbox, 40)

    one, other, again = of(1), of(2), of(1)
    assert one == again != other
    assert 8 < one.count(503) < 32


def test_many_jobs_are_created_at_once(drs_sandbox: Sandbox) -> None:
    """All in the state that was asked for, with ids of their own."""
    open_, blocked = drs_sandbox.add_jobs(5000), drs_sandbox.add_jobs(2, state="CREATING")
    assert len(set(open_)) == 5000
    with drs_sandbox.client() as drs:
        outcome = drs.set_policies(
            [SyncPolicyReq(job_id=job_id) for job_id in (open_[0], open_[-1], *blocked)]
        )
    assert [job.succeeded for job in outcome] == [True, True, False, False]


@pytest.mark.parametrize(
    "body", [{"count": 0}, {"count": 100_001}, {"count": "5"}, {"count": True},
             {"count": 2, "job_id": "x"}, {"count": 2, "state": "NONE"}],
)  # fmt: skip
def test_an_invalid_number_of_jobs_is_an_error(first: Caller, body: Any) -> None:
    """It says what is valid."""
    response = first.http.post(JOBS, json=body)
    assert (response.status_code, bool(response.json()["error"])) == (400, True)


def test_the_log_shows_requests_without_secrets(drs_sandbox: Sandbox) -> None:
    """Headers by name, bodies as they were, but no token, password or signature."""
    one = drs_sandbox.tenants[0]
    login = PasswordAuth(one.user, one.password, one.domain, iam_url=drs_sandbox.url)
    with drs_sandbox.client(auth=login) as drs:
        drs.set_policy(SyncPolicyReq(job_id=one.job_ids[0], slot_name="s"))
    first, last = drs_sandbox.requests
    assert (first.method, first.path, first.content) == ("POST", LOGIN, b"")
    assert last.json() == {"jobs": [{"job_id": one.job_ids[0], "slot_name": "s"}]}
    assert last.headers["x-auth-token"] == "***"
    assert last.headers["content-type"] == "application/json"
    shown = httpx.get(f"{drs_sandbox.url}/_sandbox/requests").text
    assert one.password not in shown
    httpx.delete(f"{drs_sandbox.url}/_sandbox/requests").raise_for_status()
    assert drs_sandbox.requests == []


def test_a_fault_lasts_until_its_block_ends(drs_sandbox: Sandbox) -> None:
    """Without a block, until the test ends; an unknown one offers the nearest."""
    with drs_sandbox.fault("answers-202"):
        assert statuses(drs_sandbox, 1) == [202]
    assert statuses(drs_sandbox, 1) == [200]
    drs_sandbox.fault("answers-201")
    assert statuses(drs_sandbox, 1) == [201]
    with pytest.raises(ValueError, match="answers-202"):
        drs_sandbox.fault("answers-22")
