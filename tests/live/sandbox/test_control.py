"""The control routes, outside the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from drs_sync_policy.sandbox.seed import FIRST, SECOND, TENANTS
from drs_sync_policy.sandbox.states import STATES

from .conftest import Caller

JOBS = f"/_sandbox/projects/{FIRST.project_id}/jobs"


def test_the_seeded_jobs_are_listed(serve: Callable[..., Caller]) -> None:
    """Every seeded job is there, in its state, without a policy."""
    http = serve().http
    for tenant in TENANTS:
        jobs = http.get(f"/_sandbox/projects/{tenant.project_id}/jobs").json()["jobs"]
        assert {job["job_id"]: job["state"] for job in jobs} == dict(tenant.states)
        assert all(job["policy"] == {} for job in jobs)


def test_an_unseeded_sandbox_knows_nobody(serve: Callable[..., Caller]) -> None:
    """With `seed=False` there are no jobs and no credentials."""
    caller = serve(seed=False)
    assert caller.http.get(JOBS).json() == {"jobs": []}
    assert caller.set({"job_id": "x"}).status_code == 401


def test_a_job_of_any_id_can_be_made_and_read(serve: Callable[..., Caller]) -> None:
    """Ids of any text work in the control routes, percent-encoded."""
    first = serve()
    for job_id in ("a/b", "a\0b", "ä%", " ", "\\0"):
        made = first.http.post(JOBS, json={"job_id": job_id})
        assert made.status_code == 201
        shown = first.http.get(f"{JOBS}/{quote(job_id, safe='')}").json()
        assert (shown["job_id"], shown["state"]) == (job_id, "CONFIGURATION")
        first.set({"job_id": job_id, "slot_name": job_id})
        assert first.http.get(f"{JOBS}/{quote(job_id, safe='')}").json()["policy"] == {
            "slot_name": job_id
        }


def test_a_job_that_is_there_is_not_made_again(first: Caller) -> None:
    """A second job of the same id gets 409."""
    job = first.new_job()
    response = first.http.post(JOBS, json={"job_id": job})
    assert (response.status_code, job in response.json()["error"]) == (409, True)


@pytest.mark.parametrize("state", STATES)
def test_a_job_takes_a_policy_in_configuration_only(first: Caller, state: str) -> None:
    """Of the 23 states, one allows the request."""
    job = first.new_job()
    assert first.http.put(f"{JOBS}/{job}/state", json={"state": state}).json()["state"] == state
    result = first.set({"job_id": job, "ddl_trans": True}).json()["results"][0]
    if state == "CONFIGURATION":
        assert result["status"] == "success"
    else:
        assert result["error_code"] == "DRS.M00304"
    assert first.stored(job) == ({"ddl_trans": True} if state == "CONFIGURATION" else {})


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", f"{JOBS}/no-such-job", None, 404),
        ("PUT", f"{JOBS}/no-such-job/state", {"state": "CREATING"}, 404),
        ("PUT", f"{JOBS}/x/state", {"state": "CONFIGURE"}, 400),
        ("PUT", f"{JOBS}/x/state", {}, 400),
        ("POST", JOBS, {"job_id": ""}, 400),
        ("POST", JOBS, {"job_id": 1}, 400),
        ("POST", JOBS, {"job_id": "x" * 5000}, 400),
        ("POST", JOBS, [], 400),
        ("DELETE", JOBS, None, 405),
        ("GET", "/_sandbox/nowhere", None, 404),
        ("GET", "/_sandbox", None, 404),
    ],
)
def test_wrong_control_requests_say_why(
    first: Caller, method: str, path: str, body: Any, expected: int
) -> None:
    """A control request that cannot be done gets an `error` that says why."""
    response = first.http.request(method, path, json=body)
    assert (response.status_code, bool(response.json()["error"])) == (expected, True)


def test_the_nearest_state_is_offered(first: Caller) -> None:
    """An error about a misspelt state offers the nearest one, and lists all."""
    error = first.http.put(f"{JOBS}/x/state", json={"state": "configuratoin"}).json()["error"]
    assert "did you mean `CONFIGURATION`?" in error
    assert all(state in error for state in STATES)


def test_a_reset_forgets_everything_but_the_tenants(serve: Callable[..., Caller]) -> None:
    """After a reset the sandbox is as it was when it started."""
    caller = serve()
    made = caller.new_job()
    caller.set({"job_id": FIRST.job_ids[0], "ddl_trans": True})
    assert caller.http.post("/_sandbox/reset").status_code == 204
    assert caller.stored(FIRST.job_ids[0]) == {}
    assert caller.http.get(f"{JOBS}/{made}").status_code == 404
    assert caller.set({"job_id": FIRST.job_ids[0]}).status_code == 200


def test_a_reset_keeps_the_tenants_that_the_sandbox_was_started_with(
    serve: Callable[..., Caller],
) -> None:
    """Nobody else may call afterwards."""
    caller = serve(tenants=[FIRST])
    assert caller.http.post("/_sandbox/reset").status_code == 204
    assert caller.set({"job_id": FIRST.job_ids[0]}).status_code == 200
    assert caller.send(X_Auth_Token=SECOND.token).status_code == 401


def test_seeding_again_keeps_what_is_stored(serve: Callable[..., Caller]) -> None:
    """Seeding brings back what is missing, and overwrites nothing."""
    caller = serve()
    caller.set({"job_id": FIRST.job_ids[0], "ddl_trans": True})
    assert caller.http.post("/_sandbox/seed").status_code == 204
    assert caller.stored(FIRST.job_ids[0]) == {"ddl_trans": True}


def test_control_can_be_left_out(serve: Callable[..., Caller]) -> None:
    """Without control routes their paths are unknown paths."""
    caller = serve(control=False)
    assert caller.send(method="GET", path=JOBS).status_code == 404
    assert caller.set({"job_id": FIRST.job_ids[0]}).status_code == 200


def test_health_is_reported(first: Caller) -> None:
    """`/healthz` responses while the database does."""
    assert first.http.get("/healthz").json() == {"status": "ok"}
    assert first.send(method="POST", path="/healthz").status_code == 405


def test_faults_are_switched_at_run_time(serve: Callable[..., Caller]) -> None:
    """A fault bites from the response on that switched it on, and until it is switched off."""
    caller = serve(faults=["results-reversed"])
    ids = [FIRST.job_ids[0], "unknown"]

    def ids_of_results() -> list[str]:
        response = caller.http.post(
            caller.path,
            json={"jobs": [{"job_id": job} for job in ids]},
            headers={"X-Auth-Token": FIRST.token},
        )
        return [result["id"] for result in response.json()["results"]]

    assert ids_of_results() == ids[::-1]
    assert caller.http.delete("/_sandbox/faults/results-reversed").json() == {"active": []}
    assert ids_of_results() == ids
    assert caller.http.put("/_sandbox/faults/last-result-lost").status_code == 200
    assert ids_of_results() == ids[:1]
    switched = caller.http.put("/_sandbox/faults", json={"active": ["results-reversed"]}).json()
    assert switched == {"active": ["results-reversed"]}
    assert ids_of_results() == ids[::-1]
    listed = caller.http.get("/_sandbox/faults").json()
    assert listed["active"] == ["results-reversed"]
    assert {"name", "description", "rule"} == set(listed["faults"][0])


def test_an_unknown_fault_is_reported(first: Caller) -> None:
    """An error about an unknown fault offers the nearest one."""
    response = first.http.put("/_sandbox/faults/results-revers")
    assert (response.status_code, "`results-reversed`" in response.json()["error"]) == (404, True)
    assert first.http.put("/_sandbox/faults", json={"active": "x"}).status_code == 400


def test_the_request_log_has_the_requests_to_the_api_only(serve: Callable[..., Caller]) -> None:
    """Control routes, the console and the health check are not in it; a reset empties it."""
    caller = serve()
    caller.http.get("/healthz")
    caller.http.get("/")
    caller.http.get("/v3/nowhere?x=1")
    (logged,) = caller.http.get("/_sandbox/requests").json()["requests"]
    assert (logged["method"], logged["path"], logged["status"]) == ("GET", "/v3/nowhere", 404)
    assert logged["milliseconds"] >= 0
    caller.http.post("/_sandbox/reset")
    assert caller.http.get("/_sandbox/requests").json() == {"requests": []}


def test_a_new_worker_begins_with_the_settings_of_its_peers(
    serve: Callable[..., Caller], tmp_path: Path
) -> None:
    """A worker that takes the place of a dead one serves no request without them."""
    shared = {"peers": True, "database": f"sqlite:///{tmp_path / 'state.db'}"}
    serve(**shared).http.put("/_sandbox/faults/count-off-by-one").raise_for_status()
    assert serve(**shared).set({"job_id": "x"}).json()["count"] == 2
