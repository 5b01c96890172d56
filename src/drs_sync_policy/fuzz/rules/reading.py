"""The optional operations that read: whose jobs they show, and how many on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from drs_sync_policy.anyjson import as_object, is_array, objects
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules import status
from drs_sync_policy.fuzz.rules.check import Check
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.subject import Subject, schema_of
from drs_sync_policy.fuzz.rules.words import as_json
from drs_sync_policy.text import counted, listed

_PAGE: Final = ("cur_page", "per_page")
_NEVER_COMPARED: Final = frozenset({"name"})
"""Filters that match otherwise than by being equal."""


def own_job(it: Subject) -> Iterator[Problem]:
    """The details of one job of the tenant: 200, and an entry for it."""
    jobs, tenant = set(it.asked["jobs"]), it.exchange.expectation.tenant
    if len(jobs) > 1 or tenant is None or not jobs <= {*tenant.job_ids} or not _first_page(it):
        raise Skip
    if it.response.status != 200:
        yield status.not_200(it)
    elif not any(entry.get("id") in [*jobs] for entry in it.entries("results")):
        yield Problem(
            f"an entry for {listed(map(as_json, jobs))}", "no such entry", place="/results"
        )


def asked_for(it: Subject) -> Iterator[Problem]:
    """Details, and the failures that a 400 lists, are of jobs that the request names."""
    jobs = it.asked["jobs"]  # a list: an id in the response may be anything, also an object
    for position, entry in enumerate(_details(it)):
        if "id" in entry and entry["id"] not in jobs:
            yield Problem(
                "ids that the request names",
                f"results[{position}] has `id` {as_json(entry['id'])}",
                fields=("id",),
                place=f"/results/{position}",
            )


def details_fit(it: Subject) -> Iterator[Problem]:
    """A page of details is not longer than asked for."""
    yield from _fit(it, "results")


def list_fits(it: Subject) -> Iterator[Problem]:
    """A page of jobs is not longer than asked for."""
    yield from _fit(it, "jobs")


def foreign_details(it: Subject) -> Iterator[Problem]:
    """An entry for another tenant's job says only that it failed, in a 200 and in a 400."""
    tenant = it.exchange.expectation.tenant
    foreign = {job for job in it.asked["jobs"] if _is_foreign(it.oracle, job, tenant)}
    if not foreign:
        raise Skip
    for position, entry in enumerate(_details(it, always=True)):
        shown = _shown(it, entry)
        if shown and _is_foreign(it.oracle, entry.get("id"), tenant):
            yield Problem(
                "no details of a job of another project",
                f"results[{position}] has {listed(f'`{name}`' for name in shown)}",
                place=f"/results/{position}",
            )


def _details(it: Subject, *, always: bool = False) -> list[Mapping[str, Any]]:
    """The entries of a 200, or of a 400 that lists the jobs that failed.

    Another response has none, which is a `Skip` unless `always`.
    """
    if it.response.status == 200:
        return it.entries("results")
    found = as_object(it.value).get("results") if it.response.status == 400 else None
    if not is_array(found) and not always:
        raise Skip
    return [*objects(found)]


def _shown(it: Subject, entry: Mapping[str, Any]) -> list[str]:
    """The fields of an entry that say more than that its job failed.

    A state does so where nothing says why the job failed: then it is the state of the job.
    """
    contract = it.oracle.contract
    details, failure = (_entry(it, status, "results") for status in (200, 400))
    always = {*failure["required"]}
    why = always - {*details["required"]}
    allowed = {*failure["properties"], "error_message"}
    shown = [name for name, value in entry.items() if name not in allowed and value]
    if not any(entry.get(name) for name in why):
        fields = ((name, contract.resolve(failure["properties"][name])) for name in always - why)
        shown += [
            name
            for name, field in sorted(fields)
            if name != "id" and entry.get(name) not in (None, *field.get("examples", ()))
        ]
    return shown


def first_page(it: Subject) -> Iterator[Problem]:
    """The first page of the jobs of one scenario, without filters, gets 200."""
    schema = _request(it)
    if _page(it)[0] != 1 or {*it.asked} - {*schema.get("required", ()), *_PAGE}:
        raise Skip
    if it.exchange.response is None or it.response.status != 200:
        yield status.not_200(it)


def filtered(it: Subject) -> Iterator[Problem]:
    """A listed job has the values that the request filters by."""
    wanted = {name: it.asked[name] for name in _filters(it) if it.asked.get(name)}
    if not wanted:
        raise Skip
    for position, entry in enumerate(it.entries("jobs")):
        for name, value in wanted.items():
            if entry.get(name) not in (None, value):
                yield Problem(
                    f"only jobs with `{name}` {as_json(value)}",
                    f"jobs[{position}] has {as_json(entry[name])}",
                    fields=(name,),
                    place=f"/jobs/{position}",
                )


def own_jobs_only(it: Subject) -> Iterator[Problem]:
    """No listed job belongs to another tenant."""
    tenant = it.exchange.expectation.tenant
    if not it.asked or it.oracle.target.other is None:
        raise Skip
    for position, entry in enumerate(it.entries("jobs")):
        if _is_foreign(it.oracle, entry.get("id"), tenant):
            yield Problem(
                "jobs of the project alone",
                f"jobs[{position}] is {as_json(entry.get('id'))}, a job of another project",
                place=f"/jobs/{position}",
            )


def _fit(it: Subject, name: str) -> Iterator[Problem]:
    number, size = _page(it)
    if not number or not size:
        raise Skip
    found = len(it.entries(name))
    if found > size:
        yield Problem(
            f"at most {counted(size, 'job')} in `{name}`",
            counted(found, "job"),
            place=f"/{name}",
        )


def _first_page(it: Subject) -> bool:
    """Whether the first job is asked for: by page 1, or by 0, which means all jobs."""
    return _page(it)[0] <= 1


def _page(it: Subject) -> tuple[int, int]:
    """The number and the size of the page that is asked for, wherever the request has them."""
    schema, asked = _request(it), it.asked
    for name, inner in schema["properties"].items():
        resolved = it.oracle.contract.resolve(inner)
        if {*_PAGE} <= {*resolved.get("properties", {})}:
            schema, asked = resolved, asked.get(name, {})
    fields = schema["properties"]
    number, size = (int(asked.get(name, fields[name]["default"])) for name in _PAGE)
    return number, size


def _request(it: Subject) -> Mapping[str, Any]:
    return it.oracle.contract.resolve(next(iter(it.oracle.operation.request.values())))


def _entry(it: Subject, status: int, name: str) -> Mapping[str, Any]:
    """The schema of an entry of a list in a response."""
    contract = it.oracle.contract
    body = contract.resolve(schema_of(it.oracle.operation.responses[status]))
    return contract.resolve(contract.resolve(body["properties"][name])["items"])


def _filters(it: Subject) -> Iterator[str]:
    """The fields of a request that the listed jobs have, too."""
    entry = _entry(it, 200, "jobs")["properties"]
    known = _request(it)["properties"]
    yield from (name for name in known if name in entry and name not in _NEVER_COMPARED)


def _is_foreign(oracle: Oracle, job: object, tenant: object) -> bool:
    owner = oracle.owner(job) if isinstance(job, str) else None
    return owner is not None and owner != tenant


CHECKS: Final = (
    Check("own-job-is-shown", alone=own_job, about="status"),
    Check("details-are-of-jobs-asked-for", alone=asked_for, before="media-type-is-json"),
    Check("details-fit-their-page", alone=details_fit),
    # these are about what another tenant sees, not about the form of a response
    Check(
        "foreign-job-has-no-details",
        alone=foreign_details,
        before="details-are-of-jobs-asked-for",
    ),
    Check("first-page-of-jobs-is-shown", alone=first_page, about="status"),
    Check("list-fits-its-page", alone=list_fits),
    Check("list-has-what-was-asked-for", alone=filtered),
    Check("list-has-own-jobs-only", alone=own_jobs_only, before="media-type-is-json"),
)
