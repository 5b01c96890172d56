"""A response and its request: how many results, for what jobs, with what status."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.subject import Subject
from drs_sync_policy.fuzz.rules.words import counted, quoted, shown


def count(it: Subject) -> Iterator[Problem]:
    results = it.results
    count = it.value.get("count")
    if not isinstance(count, (int, float)) or isinstance(count, bool):
        raise Skip
    if count != len(results):
        yield Problem(
            f"`count` is {len(results)}, the number of results",
            f"`count` is {count}",
            fields=("count",),
        )


def one_result_each(it: Subject) -> Iterator[Problem]:
    items, results = it.exchange.expectation.items, it.results
    if len(items) != len(results):
        wanted = counted(len(items), "item")
        yield Problem(
            f"one result for each of {wanted}",
            counted(len(results), "result"),
            fields=("results",),
        )


def order(it: Subject) -> Iterator[Problem]:
    wanted, given = _ids(it)
    if len(wanted) < 2 or len(wanted) != len(given):
        raise Skip
    if wanted != given and sorted(wanted) == sorted(map(str, given)):
        place = next(
            n for n, pair in enumerate(zip(wanted, given, strict=True)) if pair[0] != pair[1]
        )
        yield Problem(
            f"results[{place}] is of {quoted(wanted[place])}",
            f"it is of {quoted(given[place])}",
            fields=("id",),
            place=f"/results/{place}",
        )


def ids(it: Subject) -> Iterator[Problem]:
    wanted, given = _ids(it)
    if len(wanted) != len(given):
        raise Skip
    if wanted != given and sorted(wanted) != sorted(map(str, given)):
        place = next(
            n for n, pair in enumerate(zip(wanted, given, strict=True)) if pair[0] != pair[1]
        )
        yield Problem(
            f"the id {quoted(wanted[place])}, as it was sent",
            f"the id {quoted(given[place])}",
            fields=("id",),
            place=f"/results/{place}",
        )


def _ids(it: Subject) -> tuple[list[str], list[Any]]:
    given = [result.get("id") if isinstance(result, dict) else None for result in it.results]
    return [item["job_id"] for item in it.exchange.expectation.items], given


def own_job(it: Subject) -> Iterator[Problem]:
    yield from _statuses(it, "success", lambda job: _is_own(it, job))


def blocked_job(it: Subject) -> Iterator[Problem]:
    blocked = it.oracle.target.blocked_job_ids
    yield from _statuses(it, "failed", lambda job: job in blocked and _is_tenants(it))


def unknown_job(it: Subject) -> Iterator[Problem]:
    if not it.oracle.knows_all_jobs:
        raise Skip

    def is_unknown(job: str) -> bool:
        # "1" or "x" may be a job that the profile does not name.
        return it.oracle.owner(job) is None and not (len(job) < 5 and job.isalnum())

    yield from _statuses(it, "failed", is_unknown)


def foreign_job(it: Subject) -> Iterator[Problem]:
    def is_foreign(job: str) -> bool:
        owner = it.oracle.owner(job)
        return owner is not None and owner is not it.exchange.expectation.tenant

    yield from _statuses(it, "failed", is_foreign)


def _statuses(it: Subject, status: str, concerned: Callable[[str], bool]) -> Iterator[Problem]:
    if it.exchange.expectation.defects:
        raise Skip  # it should have been rejected as a whole
    seen = False
    for position, item, result in it.paired:
        if not concerned(item["job_id"]):
            continue
        seen = True
        if result.get("status") != status and result.get("status") in ("success", "failed"):
            yield Problem(
                f"results[{position}] is `{status}`",
                f"it has {shown(result)}",
                fields=("status",),
                place=f"/results/{position}",
            )
    if not seen:
        raise Skip


def _is_own(it: Subject, job_id: str) -> bool:
    tenant = it.exchange.expectation.tenant
    return tenant is not None and job_id in tenant.job_ids


def _is_tenants(it: Subject) -> bool:
    return it.exchange.expectation.tenant is it.oracle.target.tenant
