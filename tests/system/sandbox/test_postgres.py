"""The sandbox on PostgreSQL: the same rules, and an outage in the contract's shape."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import pytest

from drs_sync_policy.sandbox import running
from drs_sync_policy.sandbox.seed import FIRST
from tests.live.sandbox.conftest import Caller

from .postgres import Postgres

_NAMES = count()


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.fresh(f"test_{next(_NAMES)}")


@pytest.fixture
def caller(url: str) -> Iterator[Caller]:
    with running(database=url) as served, httpx.Client(base_url=served.url, timeout=30) as client:
        yield Caller(client, FIRST)


@pytest.mark.parametrize(
    "text",
    ["\0", "a\0b\\0", "\\", "\\\\0", "\U0001f600", "\uffff", "'", "%s", "{0}", "x" * 100_000],
)
def test_any_text_is_stored_and_asked_for(caller: Caller, text: str) -> None:
    """NUL, which PostgreSQL rejects, and every other text are all right as field and as id."""
    job = caller.new_job()
    assert caller.set({"job_id": job, "slot_name": text}).status_code == 200
    assert caller.stored(job) == {"slot_name": text}
    result = caller.set({"job_id": text}).json()["results"][0]
    assert (result["id"], result["error_code"]) == (text, "DRS.M05003")


def test_an_odd_id_is_a_job(caller: Caller) -> None:
    """A job whose id holds a NUL can be made, set and read."""
    made = caller.http.post(f"/_sandbox/projects/{FIRST.project_id}/jobs", json={"job_id": "a\0b"})
    assert made.status_code == 201
    assert caller.set({"job_id": "a\0b", "ddl_trans": True}).json()["results"][0]["status"] == (
        "success"
    )


def test_a_large_batch_is_answered(caller: Caller) -> None:
    """More ids than one query takes are still looked up."""
    response = caller.set(*({"job_id": f"unknown-{number}"} for number in range(20_000)))
    assert response.json()["count"] == 20_000


def test_logins_and_states_work(caller: Caller) -> None:
    """What control and IAM routes write is written here, too."""
    user = {"name": FIRST.user, "password": FIRST.password, "domain": {"name": FIRST.domain}}
    identity = {"methods": ["password"], "password": {"user": user}}
    login = caller.http.post("/v3/auth/tokens", json={"auth": {"identity": identity}})
    token = login.headers["X-Subject-Token"]
    job = caller.new_job("PAUSING")
    assert caller.set({"job_id": job}, X_Auth_Token=token).json()["results"][0]["error_code"] == (
        "DRS.M00304"
    )
    assert caller.http.post("/_sandbox/reset").status_code == 204
    assert caller.set({"job_id": job}, X_Auth_Token=token).status_code == 401


def test_two_sandboxes_take_turns(url: str) -> None:
    """Batches that cross on the same jobs neither deadlock, nor mix, nor lose a field."""
    with running(database=url) as one, running(database=url) as other:
        clients = [httpx.Client(base_url=served.url, timeout=60) for served in (one, other)]
        callers = [Caller(client, FIRST) for client in clients]
        jobs = [callers[0].new_job() for _ in range(6)]

        def request(number: int) -> int:
            ordered = jobs if number % 2 else jobs[::-1]
            items: list[dict[str, Any]] = [
                {"job_id": job, "slot_name": str(number)} for job in ordered
            ]
            return callers[number % 2].set(*items).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(request, range(200))) == {200}
        assert len({callers[0].stored(job)["slot_name"] for job in jobs}) == 1
        for client in clients:
            client.close()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Fails where `condition` does not become true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end


def test_an_outage_is_503_and_ends(postgres: Postgres, caller: Caller) -> None:
    """While the database is away callers get 503 with `Retry-After`, and then it goes on."""
    job = caller.new_job()
    assert caller.set({"job_id": job, "slot_name": "before"}).status_code == 200
    postgres.stop()
    try:
        for _ in range(5):
            response = caller.set({"job_id": job, "slot_name": "during"})
            assert (response.status_code, response.json()["error_code"]) == (503, "DRS.M00004")
            assert response.headers["Retry-After"] == "1"
        assert caller.http.get("/healthz").status_code == 503
    finally:
        postgres.start()
    until(lambda: caller.http.get("/healthz").status_code == 200)
    assert caller.stored(job) == {"slot_name": "before"}
    assert caller.set({"job_id": job, "slot_name": "after"}).status_code == 200
    assert caller.stored(job) == {"slot_name": "after"}
