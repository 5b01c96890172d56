"""The requests that read jobs and policies, one page after the other; nothing here waits.

Each conversation is a generator: it yields the body of a request and gets what was received.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import pairwise
from typing import Final, TypeVar

from attrs import evolve
from msgspec import UNSET
from msgspec import UnsetType as Unset

from drs_sync_policy.client.exchange import Received
from drs_sync_policy.client.job_policy import JobPolicy, failure_of, not_shown, policy_of, rejected
from drs_sync_policy.client.results import body_of, outside_contract
from drs_sync_policy.client.retries import TOO_MANY
from drs_sync_policy.runtime.errors import BadRequestError, RefusedError
from drs_sync_policy.runtime.serialization import encode
from drs_sync_policy_api.api.jobs import batch_list_job_details, show_job_list
from drs_sync_policy_api.models import (
    BatchListJobDetailsError,
    BatchQueryJobReqPage,
    JobInfo,
    PageReq,
    QueryJobsReq,
)
from drs_sync_policy_api.models.db_use_type import DbUseTypeValue

T = TypeVar("T")
Conversation = Generator[bytes, Received, T]

IDS: Final = 10
"""The most ids of one request that every edition accepts."""
_PER_PAGE: Final = 100
"""The most jobs of one page of the list."""
_READINGS: Final = 3
"""How often all pages of the list are read, at most: jobs may be deleted meanwhile."""


def policies(ids: Sequence[str]) -> Conversation[dict[str, JobPolicy]]:
    """The jobs, by their ids. Those that are missing in a response are asked for alone.

    The server says only then why a job cannot be read.
    """
    found: dict[str, JobPolicy] = {}
    yield from _together(ids, found)
    for job_id in ids:
        if job_id not in found and len(ids) > 1:
            yield from _together([job_id], found)
        found.setdefault(job_id, not_shown(job_id))
    return found


def _together(ids: Sequence[str], found: dict[str, JobPolicy]) -> Conversation[None]:
    page, seen = 1, 0
    while True:
        paged = PageReq(cur_page=page, per_page=IDS)
        received = yield encode(BatchQueryJobReqPage(jobs=list(ids), page_req=paged))
        try:
            body = body_of(received, batch_list_job_details.parse)
        except BadRequestError as error:
            found.update(_failures(error, ids))
            return
        shown = [entry for entry in body.results if entry.id in ids and entry.id not in found]
        found.update((entry.id, policy_of(entry)) for entry in shown)
        seen += len(body.results)
        is_last = not isinstance(body.count, Unset) and seen >= body.count
        if is_last or not shown or all(job_id in found for job_id in ids):
            return
        page += 1


def _failures(error: RefusedError, ids: Sequence[str]) -> dict[str, JobPolicy]:
    """The jobs that a 400 lists as failed; else the job that was asked for alone.

    A 400 is about the jobs of its request, whatever else was read. One that says that there are
    too many requests is about no job, and is raised.
    """
    parsed = error.parsed
    if isinstance(parsed, BatchListJobDetailsError) and not isinstance(parsed.results, Unset):
        return {failed.id: failure_of(failed) for failed in parsed.results if failed.id in ids}
    if error.code == TOO_MANY:
        raise error
    return {job_id: rejected(job_id, error) for job_id in ids} if len(ids) == 1 else {}


def jobs_on_pages(filters: QueryJobsReq) -> Conversation[list[JobInfo]]:
    """All jobs that match, each once.

    Jobs that are created while the pages are read move others to a later page, which does no harm.
    Jobs that are deleted move others to an earlier page, so that one may be missed: then all pages
    are read again, as after any reading with fewer jobs than it says. Three such readings are an
    `OutsideContractError`.
    """
    left = _READINGS
    while True:
        found, doubt, received = yield from _reading(filters)
        left -= 1
        if not doubt:
            return found
        if not left:
            raise outside_contract(
                received,
                f"{doubt}, in each of {_READINGS} readings; the list would be incomplete",
            )


def _reading(filters: QueryJobsReq) -> Conversation[tuple[list[JobInfo], str, Received]]:
    """The jobs of all pages; why some may be missing, if so; and the last response."""
    found: dict[str, JobInfo] = {}
    totals: list[int] = []
    seen, page = 0, 1
    while True:
        received = yield encode(_page_of(filters, page))
        body = body_of(received, show_job_list.parse)
        before = len(found)
        for entry in body.jobs:
            found.setdefault(entry.id, entry)
        seen += len(body.jobs)
        totals.append(body.total_record)
        if seen >= totals[-1] or len(found) == before:
            return [*found.values()], _doubt(totals, body.jobs, len(found)), received
        page += 1


def _doubt(totals: Sequence[int], last: Sequence[JobInfo], found: int) -> str:
    """Why jobs may be missing in a reading; empty if none is."""
    if fallen := next((pair for pair in pairwise(totals) if pair[1] < pair[0]), None):
        return f"`total_record` fell from {fallen[0]} to {fallen[1]} from one page to the next"
    if found >= totals[0]:
        return ""
    page = f"page {len(totals)} " + ("has only jobs of earlier pages" if last else "is empty")
    return f"`total_record` is {totals[-1]}, all pages have {found} different jobs, and {page}"


def _page_of(filters: QueryJobsReq, page: int) -> QueryJobsReq:
    return evolve(filters, cur_page=page, per_page=_PER_PAGE)


def filters_of(
    db_use_type: DbUseTypeValue, status: str | None, name: str | None, engine_type: str | None
) -> QueryJobsReq:
    """Which jobs are listed."""
    return QueryJobsReq(
        db_use_type=db_use_type,
        status=status or UNSET,
        name=name or UNSET,
        engine_type=engine_type or UNSET,
    )
