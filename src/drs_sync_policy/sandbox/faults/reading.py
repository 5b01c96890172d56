"""Faults of the optional operations that read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs
from sqlalchemy import select

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import Document, accepted, stages, without
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.pipeline import Execute, Pipeline, ServedOperation
from drs_sync_policy.sandbox.store.schema import JOB

_ALL: Final = {"cur_page": 1, "per_page": 0}
_DETAILS: Final = "batchListJobDetails"
_LIST: Final = "showJobList"


def _executes(edit: Callable[[Document], Document]) -> Seam:
    """The operation is executed for what `edit` makes of the document."""

    def replace(inner: Pipeline) -> Execute:
        async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
            return await inner.execute(served, request, edit(document))

        return execute

    return stages(execute=replace)


def _crashes(inner: Pipeline) -> Execute:
    async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
        await inner.execute(served, request, document)
        raise rejection.service_failed()

    return execute


def _last_is_another(body: Document, _request: Request) -> Document:
    results: list[Document] = body["results"]
    if len(results) < 2:
        return body
    return {**body, "results": [*results[:-1], {**results[-1], "id": "another-job"}]}


def _with_details(here: Response, there: Response) -> Response:
    return _of_both(here, there, lambda failed, shown: {**shown, **failed})


def _state_only(here: Response, there: Response) -> Response:
    brief = _of_both(here, there, lambda _failed, shown: {k: shown[k] for k in ("id", "status")})
    return attrs.evolve(brief, status=there.status)


def _of_both(
    here: Response, there: Response, joined: Callable[[Document, Document], Document]
) -> Response:
    """The right response with its entries joined to those of another project, if it has them."""
    if there.status != 200:
        return here
    failed, shown = here.body["results"], there.body["results"]
    results = [joined(*pair) for pair in zip(failed, shown, strict=True)]
    return attrs.evolve(here, body={**here.body, "results": results})


def _elsewhere(
    instead_of: Callable[[Response], bool],
    joined: Callable[[Response, Response], Response] = lambda _here, there: there,
) -> Seam:
    """A response is that of another project if `instead_of` says so of the right one.

    `joined` makes one of the right response and of that of the other project.
    """

    def wrap(inner: Pipeline, store: FaultyStore) -> Pipeline:
        async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
            given = await inner.execute(served, request, document)
            for project in await _other_projects(store, request):
                if not instead_of(given):
                    break
                path = {**request.path_parameters, "project_id": project}
                there = attrs.evolve(request, path_parameters=path)
                given = joined(given, await inner.execute(served, there, document))
            return given

        return attrs.evolve(inner, execute=execute)

    return Seam(pipeline=wrap)


async def _other_projects(store: FaultyStore, request: Request) -> list[str]:
    projects = select(JOB.c.project_id).distinct().order_by(JOB.c.project_id)
    found = await store.store.database.read(
        lambda connection: [str(row[0]) for row in connection.execute(projects)]
    )
    return [project for project in found if project != request.path_parameters["project_id"]]


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "own-job-is-shown",
        ("details-are-empty", "No job has details.",
         accepted(lambda body, _request: {**body, "count": 0, "results": []})),
        operation=_DETAILS,
    ),
    *of_rule(
        "details-are-of-jobs-asked-for",
        ("details-of-another-job", "The last of several details is of a job not asked for.",
         accepted(_last_is_another)),
        operation=_DETAILS,
    ),
    *of_rule(
        "details-fit-their-page",
        ("details-on-one-page", "All details come on one page.",
         _executes(lambda document: {**document, "page_req": _ALL})),
        operation=_DETAILS,
    ),
    *of_rule(
        "foreign-job-has-no-details",
        ("foreign-details-shown", "The details of a job of another project are shown.",
         _elsewhere(lambda given: given.status == 400)),
        ("foreign-details-in-400", "The 400 for a job of another project has its details, too.",
         _elsewhere(lambda given: given.status == 400, _with_details)),
        ("foreign-state-shown", "The state of a job of another project is shown.",
         _elsewhere(lambda given: given.status == 400, _state_only)),
        operation=_DETAILS,
    ),
    *of_rule(
        "first-page-of-jobs-is-shown",
        ("list-crashes", "The list of jobs gets 500.", stages(execute=_crashes)),
        operation=_LIST,
    ),
    *of_rule(
        "list-fits-its-page",
        ("list-on-one-page", "All jobs are listed on one page.",
         _executes(lambda document: {**document, **_ALL})),
        operation=_LIST,
    ),
    *of_rule(
        "list-has-what-was-asked-for",
        ("list-ignores-state", "Jobs in all states are listed.", _executes(without("status"))),
        operation=_LIST,
    ),
    *of_rule(
        "list-has-own-jobs-only",
        ("list-of-another-project", "The jobs of another project are listed.",
         _elsewhere(lambda _given: True)),
        operation=_LIST,
    ),
)  # fmt: skip
