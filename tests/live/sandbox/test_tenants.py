"""Two tenants that never learn of each other."""

from __future__ import annotations

from .conftest import Caller


def test_a_foreign_job_looks_unknown(first: Caller, second: Caller) -> None:
    """A job of another project is told apart from one that does not exist by nothing but its id."""
    foreign = first.new_job()
    blocked = first.new_job("CREATING")
    results = second.set(
        {"job_id": foreign}, {"job_id": "no-such-job"}, {"job_id": blocked}
    ).json()["results"]
    for result in results:
        del result["id"]
    assert results[0] == results[1] == results[2]


def test_a_foreign_job_is_not_touched(first: Caller, second: Caller) -> None:
    """No request of one tenant changes what is stored for the other."""
    job = first.new_job()
    first.set({"job_id": job, "conflict_policy": "ignore"})
    second.set({"job_id": job, "conflict_policy": "stop", "ddl_trans": True})
    assert first.stored(job) == {"conflict_policy": "ignore"}


def test_an_unknown_project_looks_like_a_foreign_one(first: Caller, second: Caller) -> None:
    """The 403 does not tell whether a project exists."""
    foreign = first.send(b"", path=second.path)
    unknown = first.send(b"", path=second.path.replace(second.tenant.project_id, "0" * 32))
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)


def test_the_same_id_in_two_projects_is_two_jobs(first: Caller, second: Caller) -> None:
    """Ids are the project's own."""
    for tenant in (first, second):
        tenant.http.post(
            f"/_sandbox/projects/{tenant.tenant.project_id}/jobs", json={"job_id": "shared"}
        )
    first.set({"job_id": "shared", "conflict_policy": "ignore"})
    second.set({"job_id": "shared", "conflict_policy": "stop"})
    assert first.stored("shared") == {"conflict_policy": "ignore"}
    assert second.stored("shared") == {"conflict_policy": "stop"}
