"""Faults of results: their number, their order, their ids, and `count`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, Final

from drs_sync_policy.sandbox.faults.fault import Fault, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    Document,
    Result,
    accepted,
    each_result,
    results,
)


def _accepted_body(edit: Callable[[Document], Any]) -> Seam:
    return accepted(lambda body, _request: edit(body))


def _counted(count: Callable[[list[Result]], int]) -> Seam:
    return _accepted_body(lambda body: {**body, "count": max(1, count(body["results"]))})


def _listed(edit: Callable[[list[Result]], list[Result]]) -> Seam:
    return results(lambda found, _request: edit(found))


def _sorted_by(key: Callable[[Result], Any]) -> Seam:
    return _listed(lambda found: sorted(found, key=key))


def _with_id(edit: Callable[[str], str]) -> Seam:
    return each_result(lambda result: {**result, "id": edit(result["id"]) or "?"})


def _halves_swapped(found: list[Result]) -> list[Result]:
    half = len(found) // 2
    return found[half:] + found[:half] if len(found) >= 20 else found


def _ids_of_the_first(body: Document) -> Document:
    first = body["results"][0]["id"]
    return {**body, "results": [{**result, "id": first} for result in body["results"]]}


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "count-equals-results",
        ("count-of-successes", "`count` is the number of successful results.",
         _counted(lambda found: sum(result["status"] == "success" for result in found))),
        ("count-of-jobs", "`count` is the number of different jobs.",
         _counted(lambda found: len({result["id"] for result in found}))),
        ("count-off-by-one", "`count` is one too many.", _counted(lambda found: len(found) + 1)),
        ("count-capped", "`count` is never above 10.", _counted(lambda found: min(10, len(found)))),
    ),
    *of_rule(
        "one-result-per-item",
        ("duplicates-collapsed", "A job that is named twice has one result.",
         _listed(lambda found: list({result["id"]: result for result in found}.values()))),
        ("failures-left-out", "Failed items have no result.",
         _listed(lambda found: [r for r in found if r["status"] == "success"] or found[:1])),
        ("results-capped", "A batch of more than 100 items has 100 results.",
         _listed(lambda found: found[:100])),
        ("last-result-lost", "In a batch of several items, the last result is missing.",
         _listed(lambda found: found[:-1] or found)),
        ("results-doubled", "Each failed item has two results.",
         _listed(lambda found: [r for r in found for _ in range(1 + (r["status"] == "failed"))])),
    ),
    *of_rule(
        "results-in-request-order",
        ("results-sorted", "Results are sorted by id.", _sorted_by(lambda result: result["id"])),
        ("failures-last", "Successful results come first, failed ones last.",
         _sorted_by(lambda result: result["status"] == "failed")),
        ("results-reversed", "Results come in reverse order.", _listed(lambda found: found[::-1])),
        ("big-batches-shuffled",
         "In a batch of 20 items or more, the results of the second half come first.",
         _listed(_halves_swapped)),
    ),
    *of_rule(
        "result-id-echoes-job-id",
        ("ids-lower-cased", "Ids are returned in lower case.", _with_id(str.lower)),
        ("ids-trimmed", "Ids are returned without surrounding spaces.", _with_id(str.strip)),
        ("ids-normalised", "Ids are returned in Unicode's composed normal form.",
         _with_id(lambda text: unicodedata.normalize("NFC", text))),
        ("ids-cut", "Ids are returned cut after 255 characters.",
         _with_id(lambda text: text[:255])),
        ("ids-end-at-nul", "Ids are returned cut at a NUL.",
         _with_id(lambda text: text.partition("\0")[0])),
        ("ids-without-controls", "Ids are returned without control characters.",
         _with_id(lambda text: "".join(c for c in text if unicodedata.category(c) != "Cc"))),
        ("ids-html-escaped", "Ids are returned with `<` and `&` escaped for HTML.",
         _with_id(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))),
        ("ids-of-the-first", "Every result has the id of the first item.",
         _accepted_body(_ids_of_the_first)),
    ),
)  # fmt: skip
