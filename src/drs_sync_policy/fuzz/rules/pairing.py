"""A response and its request: how many results, for what jobs, with what status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from drs_sync_policy.fuzz.oracle import JobKind
from drs_sync_policy.fuzz.rules import relations, state, status
from drs_sync_policy.fuzz.rules.check import Check, each
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.subject import Subject
from drs_sync_policy.fuzz.rules.words import quoted, shown
from drs_sync_policy.text import counted


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
    wanted, given = it.ids
    if len(wanted) < 2 or len(wanted) != len(given):
        raise Skip
    if wanted != given and sorted(wanted) == sorted(map(str, given)):
        place = _first_difference(wanted, given)
        yield Problem(
            f"results[{place}] is of {quoted(wanted[place])}",
            f"it is of {quoted(given[place])}",
            fields=("id",),
            place=f"/results/{place}",
        )


def _first_difference(wanted: Sequence[str], given: Sequence[Any]) -> int:
    pairs = enumerate(zip(wanted, given, strict=True))
    return next(place for place, (one, other) in pairs if one != other)


def ids(it: Subject) -> Iterator[Problem]:
    wanted, given = it.ids
    if len(wanted) != len(given) or None in given:
        raise Skip  # the schema asks for an id
    if wanted != given and sorted(wanted) != sorted(map(str, given)):
        place = _first_difference(wanted, given)
        yield Problem(
            f"the id {quoted(wanted[place])}, as it was sent",
            f"the id {quoted(given[place])}",
            fields=("id",),
            place=f"/results/{place}",
        )


def _statuses(it: Subject, kind: JobKind, status: str) -> Iterator[Problem]:
    """The results of the jobs of this kind have this status."""
    if it.exchange.expectation.defects or kind not in it.by_kind:
        raise Skip  # with a defect, it should have been rejected as a whole
    for position, _, result in it.by_kind[kind]:
        given = result.get("status")
        if given != status and given in ("success", "failed"):
            yield Problem(
                f"results[{position}] with the status {status!r}",
                shown(result),
                fields=("status",),
                place=f"/results/{position}",
            )


def _get(kind: JobKind, status: str) -> Callable[[Subject], Iterator[Problem]]:
    return partial(_statuses, kind=kind, status=status)


CHECKS: Final = (
    Check("count-equals-results", alone=count),
    Check(
        "one-result-per-item",
        alone=one_result_each,
        about="results",
        before="count-equals-results",
    ),
    Check("results-in-request-order", alone=order, about="results"),
    Check("result-id-echoes-job-id", alone=ids, about="results"),
    Check("own-job-succeeds", alone=_get("own", "success"), about="items"),
    Check(
        "foreign-job-looks-unknown",
        alone=each(status.of("foreign-job-looks-unknown"), _get("foreign", "failed")),
        compared=relations.looks_unknown,
        about="items",
        before="own-job-succeeds",
    ),
    Check(
        "unknown-job-fails-alone",
        alone=each(
            status.of("unknown-job-fails-alone"),
            _get("unknown", "failed"),
            relations.shortened_ids_are_others,
        ),
        stored=state.others_are_carried_out,
        about="items",
        before="own-job-succeeds",
    ),
    Check(
        "blocked-job-fails-alone",
        alone=each(status.of("blocked-job-fails-alone"), _get("blocked", "failed")),
        stored=state.others_are_carried_out,
        about="items",
        before="unknown-job-fails-alone",
    ),
)
