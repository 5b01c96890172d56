"""Faults between the items of a batch: what one item's failure does to the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import unquote

import attrs

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.deep_seams import applies, item_results, looked_up
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import bad_parameter
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.states import BLOCKED_JOB, UNKNOWN_JOB
from drs_sync_policy.sandbox.store.records import Batch, ItemResult


# --- a failing item ------------------------------------------------------------------------------
def _failing(code: str, word: str, subject: str) -> Iterable[tuple[str, str, Seam]]:
    """The rows of one kind of failing item."""
    for name, text, seam in (
        ("refuses-batch", "rejects the whole batch with 400.", _rejecting(code, bad_parameter)),
        ("is-404", "rejects the whole batch with 404.", _rejecting(code, rejection.no_such_path)),
        ("crashes", "gets 500.", _rejecting(code, rejection.service_failed)),
        ("succeeds", "succeeds.", item_results(
            lambda _batch, true: [None if found == code else found for found in true])),
        ("undoes-batch", "leaves the other items undone, although they are reported as success.",
         _undoing(code)),
        ("stops-batch", "leaves the items after it undone, and they fail, too.", _stopping(code)),
        ("skips-rest",
         "leaves the items after it undone, although they are reported as success.",
         _skipping(code)),
    ):  # fmt: skip
        yield f"{word}-job-{name}", f"{subject} {text}", seam


def _rejecting(code: str, reason: Callable[[], Rejection]) -> Seam:
    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        if code in await inner.apply(looked_up(batch)):
            raise reason()
        return await inner.apply(batch)

    return applies(change)


def _undoing(code: str) -> Seam:
    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        true = await inner.apply(looked_up(batch))
        return true if code in true else await inner.apply(batch)

    return applies(change)


def _stopping(code: str) -> Seam:
    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        true = list(await inner.apply(looked_up(batch)))
        if code not in true:
            return await inner.apply(batch)
        done = true.index(code) + 1
        await inner.apply(Batch(batch.project_id, batch.items[:done]))
        return true[:done] + ["DRS.M01504"] * (len(true) - done)

    return applies(change)


def _skipping(code: str) -> Seam:
    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        true = list(await inner.apply(looked_up(batch)))
        done = true.index(code) if code in true else len(true)
        await inner.apply(Batch(batch.project_id, batch.items[:done]))
        return true

    return applies(change)


async def _storing_blocked(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
    true = await inner.apply(batch)
    for item, code in zip(batch.items, true, strict=True):
        if code == BLOCKED_JOB:
            job = await inner.store.job(batch.project_id, item.job_id)
            policy = {**(job.policy if job else {}), **item.fields}
            await inner.store.overwrite(batch.project_id, item.job_id, policy)
    return true


# --- dependent items -----------------------------------------------------------------------------
def _after_failure(_batch: Batch, true: list[ItemResult]) -> list[ItemResult]:
    return [
        "DRS.M01504" if at and true[at - 1] is not None and code is None else code
        for at, code in enumerate(true)
    ]


def _last_of_three(_batch: Batch, true: list[ItemResult]) -> list[ItemResult]:
    return true if len(true) < 3 else [*true[:-1], true[-1] or "DRS.M01503"]


def _first_decides(_batch: Batch, true: list[ItemResult]) -> list[ItemResult]:
    return [true[0] or code for code in true]


def _repeated_fails(batch: Batch, true: list[ItemResult]) -> list[ItemResult]:
    seen: set[str] = set()
    changed: list[ItemResult] = []
    for item, code in zip(batch.items, true, strict=True):
        changed.append("DRS.M00301" if item.job_id in seen else code)
        seen.add(item.job_id)
    return changed


def _beyond_ten(_batch: Batch, true: list[ItemResult]) -> list[ItemResult]:
    return [code if at < 10 else "DRS.M01503" for at, code in enumerate(true)]


def _bare_fails(batch: Batch, true: list[ItemResult]) -> list[ItemResult]:
    pairs = zip(batch.items, true, strict=True)
    return [code if item.fields else "DRS.M00201" for item, code in pairs]


# --- jobs found by something like their id -------------------------------------------------------
def _found_if(matches: Callable[[str, str], bool]) -> Seam:
    """A job is found if `matches(requested id, known id)`."""

    async def change(inner: FaultyStore, batch: Batch) -> Sequence[ItemResult]:
        known = [job.job_id for job in await inner.store.jobs(batch.project_id)]

        def found(requested: str) -> str:
            return next((job for job in known if matches(requested, job)), requested)

        exact = set(known)
        items = (
            item if item.job_id in exact else attrs.evolve(item, job_id=found(item.job_id))
            for item in batch.items
        )
        return await inner.apply(Batch(batch.project_id, tuple(items)))

    return applies(change)


def _like(requested: str, known: str) -> bool:
    pattern = re.escape(requested).replace("%", ".*").replace("_", ".")
    return re.fullmatch(pattern, known) is not None


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "unknown-job-fails-alone",
        *_failing(UNKNOWN_JOB, "unknown", "A job that does not exist"),
        ("job-found-whatever-its-case", "A job is found by its id in any case.",
         _found_if(lambda a, known: a.lower() == known.lower())),
        ("job-found-with-blanks", "A job is found with spaces around its id.",
         _found_if(lambda a, known: a.strip() == known)),
        ("job-found-by-its-beginning",
         "A job is found by the first 8 characters of its id, or more.",
         _found_if(lambda a, known: len(a) > 7 and known.startswith(a))),
        ("job-found-by-its-end", "A job is found by the last 8 characters of its id, or more.",
         _found_if(lambda a, known: len(a) > 7 and known.endswith(a))),
        ("job-found-by-a-pattern", "A job is found by a pattern of SQL's LIKE.", _found_if(_like)),
        ("job-found-in-braces", "A job is found by its id in braces, or after `urn:uuid:`.",
         _found_if(lambda a, known: a.removeprefix("urn:uuid:").strip("{}") == known)),
        ("job-found-by-its-escapes", "A job is found by its percent-encoded id.",
         _found_if(lambda a, known: unquote(a) == known)),
        ("job-found-behind-a-prefix", "A job is found by its id after a slash or a colon.",
         _found_if(lambda a, known: re.split("[/:]", a)[-1] == known)),
    ),
    *of_rule(
        "blocked-job-fails-alone",
        *_failing(BLOCKED_JOB, "blocked", "A job whose state does not accept a policy"),
        ("blocked-job-stored",
         "A job whose state does not accept a policy fails, but its policy is stored.",
         applies(_storing_blocked)),
    ),
    *of_rule(
        "items-are-independent",
        ("item-after-failure-fails", "An item fails if the one before it failed.",
         item_results(_after_failure)),
        ("third-item-fails", "The last item of a batch of three or more fails.",
         item_results(_last_of_three)),
        ("first-item-decides", "If the first item fails, all fail with it.",
         item_results(_first_decides)),
    ),
    *of_rule(
        "own-job-succeeds",
        ("repeated-job-fails", "A job's second item in a batch fails.",
         item_results(_repeated_fails)),
        ("jobs-beyond-ten-fail", "Every item after the tenth fails.", item_results(_beyond_ten)),
        ("bare-item-fails", "An item with nothing but its `job_id` fails.",
         item_results(_bare_fails)),
    ),
)  # fmt: skip
