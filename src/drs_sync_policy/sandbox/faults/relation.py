"""Faults between an answer and its request: count, number, order and ids of the results."""

from __future__ import annotations

import unicodedata
from collections.abc import (
    Callable,
    Iterator,
)
from typing import Any

from drs_sync_policy.sandbox.faults.fault import Fault
from drs_sync_policy.sandbox.faults.wrap import (
    Body,
    EditResults,
    Result,
    Rows,
    WrapSteps,
    answers,
    each_result,
    outcomes,
    results,
)
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.store.store import Batch, Outcome


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _counts()
    yield from _numbers()
    yield from _orders()
    yield from _ids()
    yield from _own_jobs()


def _counts() -> Iterator[Fault]:
    def counted(count: Callable[[list[Result]], int]) -> WrapSteps:
        return answers(lambda body, _call: {**body, "count": max(1, count(body["results"]))})

    def successes(found: list[Result]) -> int:
        return sum(result["status"] == "success" for result in found)

    count_table: Rows[Callable[[list[Result]], int]] = (
        ("count-of-successes", "`count` is the number of successful results.", successes),
        (
            "count-of-jobs",
            "`count` is the number of different jobs.",
            lambda found: len({result["id"] for result in found}),
        ),
        ("count-off-by-one", "`count` is one too many.", lambda found: len(found) + 1),
        ("count-capped", "`count` is never above 10.", lambda found: min(10, len(found))),
    )
    for name, description, count in count_table:
        yield Fault(name, description, "count-equals-results", "state", steps=counted(count))


def _numbers() -> Iterator[Fault]:
    def distinct(found: list[Result], _call: Call) -> list[Result]:
        return list({result["id"]: result for result in found}.values())

    def succeeded(found: list[Result], _call: Call) -> list[Result]:
        return [result for result in found if result["status"] == "success"] or found[:1]

    edit_table: Rows[EditResults] = (
        ("duplicates-collapsed", "A job that is named twice has one result.", distinct),
        ("failures-left-out", "Items that failed have no result.", succeeded),
        (
            "results-capped",
            "A batch of more than 100 items has 100 results.",
            lambda found, _call: found[:100],
        ),
        (
            "last-result-lost",
            "A batch of several items lacks the last result.",
            lambda found, _call: found[:-1] or found,
        ),
        (
            "results-doubled",
            "Each failed item has two results.",
            lambda found, _call: [r for r in found for _ in range(1 + (r["status"] == "failed"))],
        ),
    )
    for name, description, edit in edit_table:
        yield Fault(name, description, "one-result-per-item", "state", steps=results(edit))


def _orders() -> Iterator[Fault]:
    def by(key: Callable[[Result], Any]) -> WrapSteps:
        return results(lambda found, _call: sorted(found, key=key))

    for name, description, steps in (
        ("results-sorted", "Results are sorted by id.", by(lambda result: result["id"])),
        (
            "failures-last",
            "Successful results come first, failed ones last.",
            by(lambda result: result["status"] == "failed"),
        ),
        (
            "results-reversed",
            "Results come in reverse order.",
            results(lambda found, _call: found[::-1]),
        ),
        (
            "big-batches-shuffled",
            "The second half of a batch of 20 items or more is answered first.",
            results(lambda f, _call: f[len(f) // 2 :] + f[: len(f) // 2] if len(f) >= 20 else f),
        ),
    ):
        yield Fault(name, description, "results-in-request-order", "state", steps=steps)


def _ids() -> Iterator[Fault]:
    def changed(edit: Callable[[str], str]) -> WrapSteps:
        return each_result(lambda result: {**result, "id": edit(result["id"]) or "?"})

    edit_table: Rows[Callable[[str], str]] = (
        ("ids-lower-cased", "Ids come back in lower case.", str.lower),
        ("ids-trimmed", "Ids come back without blanks around them.", str.strip),
        (
            "ids-normalised",
            "Ids come back in Unicode's composed normal form.",
            lambda text: unicodedata.normalize("NFC", text),
        ),
        ("ids-cut", "Ids come back cut after 255 characters.", lambda text: text[:255]),
        ("ids-end-at-nul", "Ids come back cut at a NUL.", lambda text: text.partition("\0")[0]),
        (
            "ids-without-controls",
            "Ids come back without control characters.",
            lambda text: "".join(c for c in text if unicodedata.category(c) != "Cc"),
        ),
        (
            "ids-html-escaped",
            "Ids come back with `<` and `&` escaped for HTML.",
            lambda text: text.replace("&", "&amp;").replace("<", "&lt;"),
        ),
    )
    for name, description, edit in edit_table:
        yield Fault(name, description, "result-id-echoes-job-id", "state", steps=changed(edit))

    def first_id(body: Body, _call: Call) -> Body:
        first = body["results"][0]["id"]
        return {**body, "results": [{**result, "id": first} for result in body["results"]]}

    yield Fault(
        "ids-of-the-first",
        "Every result has the id of the first item.",
        "result-id-echoes-job-id",
        "state",
        steps=answers(first_id),
    )


def _own_jobs() -> Iterator[Fault]:
    def repeated(batch: Batch, true: list[Outcome]) -> list[Outcome]:
        seen: set[str] = set()
        changed: list[Outcome] = []
        for item, outcome in zip(batch.items, true, strict=True):
            changed.append("DRS.M00301" if item.job_id in seen else outcome)
            seen.add(item.job_id)
        return changed

    def beyond_ten(_batch: Batch, true: list[Outcome]) -> list[Outcome]:
        return [outcome if at < 10 else "DRS.M01503" for at, outcome in enumerate(true)]

    def bare(batch: Batch, true: list[Outcome]) -> list[Outcome]:
        pairs = zip(batch.items, true, strict=True)
        return [outcome if item.fields else "DRS.M00201" for item, outcome in pairs]

    for name, description, edit in (
        ("repeated-job-fails", "A job's second item in a batch fails.", repeated),
        ("jobs-beyond-ten-fail", "Every item after the tenth fails.", beyond_ten),
        ("bare-item-fails", "An item with nothing but its `job_id` fails.", bare),
    ):
        yield Fault(name, description, "own-job-succeeds", "state", policies=outcomes(edit))
