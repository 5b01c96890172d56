"""Policies and jobs are read: pages, limits, and what cannot be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from drs_sync_policy import (
    NOT_READABLE,
    AsyncSyncPolicyClient,
    BadRequestError,
    Batches,
    ConnectionLostError,
    JobInfo,
    JobPolicy,
    NotFoundError,
    OutsideContractError,
    Retries,
    SyncPolicyClient,
    TooManyRequestsError,
    UnauthorizedError,
    WrongUseError,
)
from tests.live import vendor
from tests.live.vendor import PROJECT, TOKEN, Vendor, refusal

QUICK = Retries(first_wait=0.0)
Reader = Callable[..., Any]


def _sync(server: Vendor, call: str, *given: Any, auth: str = TOKEN, **options: Any) -> Any:
    client = SyncPolicyClient(
        base_url=server.url, project_id=PROJECT, auth=auth, retries=options.pop("retries", QUICK)
    )
    with client:
        return getattr(client, call)(*given, **options)


def _async(server: Vendor, call: str, *given: Any, auth: str = TOKEN, **options: Any) -> Any:
    async def main() -> Any:
        async with AsyncSyncPolicyClient(
            base_url=server.url,
            project_id=PROJECT,
            auth=auth,
            retries=options.pop("retries", QUICK),
            batches=Batches(concurrency=3),
        ) as client:
            return await getattr(client, call)(*given, **options)

    return asyncio.run(main())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def read(request: pytest.FixtureRequest) -> Reader:
    """The same call by each of the two clients."""
    chosen: Reader = request.param
    return chosen


def test_each_field_is_a_value_or_none_or_not_readable(read: Reader) -> None:
    """An empty text and null are none; what the response lacks may or may not be set."""
    with vendor.serving(1) as server:
        server.jobs["job-0000"] = {"conflict_policy": "stop", "ddl_trans": True}
        (policy,) = read(server, "get_policies", ["job-0000"])
    assert isinstance(policy, JobPolicy)
    assert (policy.job_id, policy.status, policy.found) == ("job-0000", "CONFIGURATION", True)
    assert policy["conflict_policy"] == "stop"
    assert policy["filter_ddl_policy"] is None
    assert policy["index_trans"] is None
    assert [policy[name] for name in ("ddl_trans", "slot_name")] == [NOT_READABLE] * 2


@pytest.mark.parametrize(
    "ways",
    [{}, {"most_per_page": 3}, {"counts_page": True}, {"most_per_page": 3, "counts_page": True}],
    ids=["as asked for", "short pages", "count of a page", "both"],
)
def test_ids_go_in_tens_and_every_page_is_read(read: Reader, ways: dict[str, Any]) -> None:
    """In the order given, a job that is given twice as well."""
    with vendor.serving(25, **ways) as server:
        ids = [*server.jobs, "job-0003"][::-1]
        policies = read(server, "get_policies", ids)
    assert [policy.job_id for policy in policies] == ids
    assert all(policy.found for policy in policies)
    asked = [body["jobs"] for _, body in server.asked]
    assert max(map(len, asked)) == 10
    assert len(asked) == 3 or ways


@pytest.mark.parametrize("unknown", ["left out", "listed", "400"])
def test_a_job_that_cannot_be_read_has_the_reason(read: Reader, unknown: str) -> None:
    """Whatever the response to several looks like; the others are read."""
    with vendor.serving(3, unknown=unknown) as server:
        ids = ["job-0000", "nobody", "job-0002"]
        policies = read(server, "get_policies", ids)
    assert [policy.found for policy in policies] == [True, False, True]
    assert (policies[1].error_code, policies[1].error_msg) == ("DRS.M00289", "said DRS.M00289")
    assert policies[1].meaning
    assert policies[1]["conflict_policy"] is NOT_READABLE


def test_one_job_alone_that_cannot_be_read(read: Reader) -> None:
    """The 400 with results, and a 400 with a code, are about the job."""
    with vendor.serving() as server:
        (policy,) = read(server, "get_policies", ["nobody"])
        assert policy.error_code == "DRS.M00289"
    with vendor.serving(1, fails=lambda *_: refusal(400, "DRS.M05004")) as server:
        (policy,) = read(server, "get_policies", ["job-0000"])
        assert policy.error_code == "DRS.M05004"


def test_all_pages_of_the_list_are_read(read: Reader) -> None:
    """A hundred jobs on a page; a server may give fewer."""
    with vendor.serving(230) as server:
        server.states["job-0007"] = "INCRE_TRANSFER_STARTED"
        jobs: Sequence[JobInfo] = read(server, "list_jobs")
        assert [job.id for job in jobs] == list(server.jobs)
        assert [body["per_page"] for _, body in server.asked] == [100, 100, 100]
        assert {body["db_use_type"] for _, body in server.asked} == {"sync"}
        (job,) = read(server, "list_jobs", status="INCRE_TRANSFER_STARTED")
        assert (job.id, job.engine_type) == ("job-0007", "mysql")
    with vendor.serving(23, most_per_page=7) as server:
        assert len(read(server, "list_jobs")) == 23
        assert len(server.asked) == 4


def _page(total: int, *numbers: int) -> tuple[int, Any]:
    jobs = [{"id": f"job-{n}", "status": "CREATING"} for n in numbers]
    return 200, {"total_record": total, "jobs": jobs}


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([_page(150, *range(100))], "has only jobs"),
        ([_page(230, *range(100))], "has only jobs"),
        ([_page(230, *range(100)), _page(230)], "page 2 is empty"),
        ([_page(2)], "page 1 is empty"),
        ([_page(3, 0, 1), _page(2, 2)], "fell from 3 to 2"),
    ],
    ids=["page ignored", "page ignored, two more", "empty page", "no page", "always falling"],
)
def test_a_list_that_would_be_incomplete_is_an_error(
    read: Reader, pages: list[tuple[int, Any]], reason: str
) -> None:
    """After three readings; the error says what is wrong, and has the request."""

    def fails(_: int, __: str, body: dict[str, int]) -> tuple[int, Any]:
        return pages[min(body["cur_page"], len(pages)) - 1]

    with vendor.serving(fails=fails) as server, pytest.raises(OutsideContractError) as caught:
        read(server, "list_jobs")
    assert reason in caught.value.reason
    assert "the list would be incomplete" in caught.value.reason
    assert caught.value.request is not None
    asked = [body["cur_page"] for _, body in server.asked]
    assert asked.count(1) == 3
    assert len(asked) <= 9


def _created(server: Vendor, number: int) -> None:
    """Two jobs come to the front of the list, as where the newest are first."""
    server.jobs = {f"new-{number}": {}, f"newer-{number}": {}, **server.jobs}


def _deleted_before(server: Vendor, number: int) -> None:
    """A job of the first page is deleted: one of the second page moves to the first."""
    if number == 2:
        server.jobs.pop("job-0003")


def _deleted_after(server: Vendor, number: int) -> None:
    """So many jobs that the second page, which the first announced, is empty."""
    if number == 2:
        server.jobs = dict([*server.jobs.items()][:100])


def _replaced(server: Vendor, number: int) -> None:
    """The number of jobs is the same."""
    if number == 2:
        server.jobs.pop("job-0104")
        _created(server, number)
        server.jobs.pop("newer-2")


@pytest.mark.parametrize("change", [_created, _deleted_before, _deleted_after, _replaced])
def test_jobs_that_come_and_go_while_pages_are_read(
    read: Reader, change: Callable[[Vendor, int], None]
) -> None:
    """No job that exists all the time is missed, and a correct service is never an error."""
    running: list[Vendor] = []

    def fails(number: int, _: str, __: Any) -> None:
        if number > 1:
            change(running[0], number)

    with vendor.serving(105, fails=fails) as server:
        running.append(server)
        before = {*server.jobs}
        found = [job.id for job in read(server, "list_jobs")]
        assert before & {*server.jobs} <= {*found}
    assert len(found) == len({*found})


@pytest.mark.parametrize("body", [{}, {"error_code": "DRS.M00202", "error_msg": "page"}])
def test_a_400_about_a_later_page_loses_no_job(read: Reader, body: Any) -> None:
    """Its jobs are asked for alone; what was read before is kept."""

    def fails(_: int, __: str, asked: Any) -> tuple[int, Any] | None:
        return (400, body) if asked["page_req"]["cur_page"] > 1 else None

    with vendor.serving(13, most_per_page=3, fails=fails) as server:
        policies = read(server, "get_policies", list(server.jobs))
    assert [policy.found for policy in policies] == [True] * 13


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "no code"), ({"error_code": "DRS.M05004", "error_msg": "x"}, "DRS.M05004")],
)
def test_a_400_about_one_job_leaves_the_others(read: Reader, body: Any, code: str) -> None:
    """Also of the second ten, and without a code."""

    def fails(_: int, __: str, asked: Any) -> tuple[int, Any] | None:
        return (400, body) if "job-0011" in asked["jobs"] else None

    with vendor.serving(13, fails=fails) as server:
        policies = read(server, "get_policies", list(server.jobs))
    assert [policy.job_id for policy in policies if not policy.found] == ["job-0011"]
    assert policies[11].error_code == code
    assert policies[11].error_msg


@pytest.mark.parametrize(
    "failed", [(0, None), refusal(503, "DRS.M00004"), refusal(400, "DRS.M01503")]
)
def test_a_reading_is_retried(read: Reader, failed: tuple[int, Any]) -> None:
    """Also one that the server may have carried out, with `retry_sent=False`."""
    with vendor.serving(12, fails=lambda number, *_: failed if number == 1 else None) as server:
        once = Retries(first_wait=0.0, retry_sent=False)
        policies = read(server, "get_policies", list(server.jobs), retries=once)
    assert all(policy.found for policy in policies)
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("failed", "error"),
    [
        ((0, None), ConnectionLostError),
        (refusal(404, "APIGW.0101"), NotFoundError),
        (refusal(400, "DRS.M01503"), BadRequestError),
        (refusal(429, "APIGW.0308"), TooManyRequestsError),
        ((200, {"results": [{"id": 1}]}), OutsideContractError),
        ((200, []), OutsideContractError),
    ],
)
@pytest.mark.parametrize("call", [("get_policies", ["job-0000"]), ("list_jobs",)])
def test_other_errors_are_those_of_every_call(
    read: Reader, failed: tuple[int, Any], error: type[Exception], call: tuple[Any, ...]
) -> None:
    """With the request, which has no credentials, and the number of attempts."""
    with vendor.serving(1, fails=lambda *_: failed) as server, pytest.raises(error) as caught:
        read(server, *call)
    # Each of these errors has a request, which Exception has not.
    assert TOKEN not in f"{caught.value} {caught.value.request}"  # type: ignore[attr-defined]
    assert caught.value.request is not None  # type: ignore[attr-defined]


def test_credentials_that_are_rejected(read: Reader) -> None:
    """As with every call."""
    with vendor.serving(1) as server, pytest.raises(UnauthorizedError):
        read(server, "get_policies", ["job-0000"], auth="not-it")


LATE = [*(f"job-{n}" for n in range(10)), ""]
"""The id that breaks the contract is not in the first request."""


@pytest.mark.parametrize(
    "ids", ["job-a", [], [1], [""], LATE, {"a": 1}],
    ids=["a text", "no id", "a number", "an empty id", "an empty id later", "an object"],
)  # fmt: skip
def test_a_value_that_is_not_a_list_of_ids_is_not_sent(read: Reader, ids: Any) -> None:
    """A single id is a common error."""
    with vendor.serving() as server, pytest.raises(WrongUseError):
        read(server, "get_policies", ids)
    assert server.asked == []


def test_what_cannot_be_read_is_neither_true_nor_false() -> None:
    """A condition on such a field would silently be wrong; so would a misspelt name."""
    policy = JobPolicy("job-a", fields={"ddl_trans": True})
    assert policy["ddl_trans"]
    with pytest.raises(TypeError, match="NOT_READABLE"):
        bool(policy["slot_name"])
    with pytest.raises(KeyError, match="slot_nam`"):
        policy["slot_nam"]
