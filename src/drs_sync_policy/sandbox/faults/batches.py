"""Faults between the jobs of a batch: what one item's failure does to the others."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from urllib.parse import unquote

import attrs

from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox.faults.fault import Fault, Memory
from drs_sync_policy.sandbox.faults.wrap import (
    EditOutcomes,
    Rows,
    WrapMemory,
    applies,
    looked_up,
    outcomes,
)
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.store.store import BLOCKED_JOB, UNKNOWN_JOB, Batch, Outcome

_UNKNOWN = "unknown-job-fails-alone"
_BLOCKED = "blocked-job-fails-alone"


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _failing(_UNKNOWN, UNKNOWN_JOB, "unknown", "A job that does not exist")
    yield from _failing(_BLOCKED, BLOCKED_JOB, "blocked", "A job whose state forbids the call")
    yield Fault(
        "blocked-job-stored",
        "A job whose state forbids the call fails, and its policy is stored all the same.",
        _BLOCKED,
        "state",
        policies=applies(_storing_blocked),
    )
    yield from _dependent()
    yield from _found_anyway()


def _failing(rule: str, code: str, word: str, subject: str) -> Iterator[Fault]:
    def fault(name: str, description: str, policies: WrapMemory) -> Fault:
        return Fault(
            f"{word}-job-{name}", f"{subject} {description}", rule, "state", policies=policies
        )

    yield fault("refuses-batch", "refuses the whole batch with 400.", _refusing(code, _bad_request))
    yield fault(
        "is-404", "refuses the whole batch with 404.", _refusing(code, refusal.no_such_path)
    )
    yield fault("crashes", "gets 500.", _refusing(code, refusal.service_failed))
    yield fault("succeeds", "succeeds.", outcomes(_forgiving(code)))
    yield fault(
        "undoes-batch", "leaves the other items undone, though they succeed.", _undoing(code)
    )
    yield fault(
        "stops-batch", "leaves the items after it undone, and they fail, too.", _stopping(code)
    )
    yield fault(
        "skips-rest", "leaves the items after it undone, though they succeed.", _skipping(code)
    )


def _forgiving(code: str) -> EditOutcomes:
    return lambda _batch, true: [None if outcome == code else outcome for outcome in true]


def _bad_request() -> Refusal:
    return refusal.invalid_parameter("jobs")


def _refusing(code: str, reason: Callable[[], Refusal]) -> WrapMemory:
    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        if code in await inner.apply(looked_up(batch)):
            raise reason()
        return await inner.apply(batch)

    return applies(change)


def _undoing(code: str) -> WrapMemory:
    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        true = await inner.apply(looked_up(batch))
        return true if code in true else await inner.apply(batch)

    return applies(change)


def _stopping(code: str) -> WrapMemory:
    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        true = list(await inner.apply(looked_up(batch)))
        if code not in true:
            return await inner.apply(batch)
        done = true.index(code) + 1
        await inner.apply(Batch(batch.project_id, batch.items[:done]))
        return true[:done] + ["DRS.M01504"] * (len(true) - done)

    return applies(change)


def _skipping(code: str) -> WrapMemory:
    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        true = list(await inner.apply(looked_up(batch)))
        done = true.index(code) if code in true else len(true)
        await inner.apply(Batch(batch.project_id, batch.items[:done]))
        return true

    return applies(change)


async def _storing_blocked(inner: Memory, batch: Batch) -> Sequence[Outcome]:
    true = await inner.apply(batch)
    for item, outcome in zip(batch.items, true, strict=True):
        if outcome == BLOCKED_JOB:
            job = await inner.store.job(batch.project_id, item.job_id)
            policy = {**(job.policy if job else {}), **item.fields}
            await inner.store.overwrite(batch.project_id, item.job_id, policy)
    return true


def _dependent() -> Iterator[Fault]:
    def after_failure(_batch: Batch, true: list[Outcome]) -> list[Outcome]:
        return [
            "DRS.M01504" if at and true[at - 1] is not None and outcome is None else outcome
            for at, outcome in enumerate(true)
        ]

    def in_big_batch(_batch: Batch, true: list[Outcome]) -> list[Outcome]:
        if len(true) < 3:
            return true
        return [*true[:-1], "DRS.M01503" if true[-1] is None else true[-1]]

    def first_decides(_batch: Batch, true: list[Outcome]) -> list[Outcome]:
        return [true[0] or outcome for outcome in true]

    edit_table: Rows[EditOutcomes] = (
        ("item-after-failure-fails", "An item fails if the one before it failed.", after_failure),
        ("third-item-fails", "The last item of a batch of three or more fails.", in_big_batch),
        ("first-item-decides", "If the first item fails, all fail with it.", first_decides),
    )
    for name, description, edit in edit_table:
        yield Fault(name, description, "items-are-independent", "state", policies=outcomes(edit))


def _found_anyway() -> Iterator[Fault]:
    """A job is looked up by something like its id."""

    def by_pattern(asked: str, known: str) -> bool:
        pattern = re.escape(asked).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, known) is not None

    match_table: Rows[Callable[[str, str], bool]] = (
        ("whatever-its-case", "in whatever case its id is.", lambda a, k: a.lower() == k.lower()),
        ("with-blanks", "with blanks around its id.", lambda a, k: a.strip() == k),
        ("by-its-beginning", "by the first 8 letters of its id, or more.",
         lambda a, k: len(a) > 7 and k.startswith(a)),
        ("by-its-end", "by the last 8 letters of its id, or more.",
         lambda a, k: len(a) > 7 and k.endswith(a)),
        ("by-a-pattern", "by a pattern of SQL's LIKE.", by_pattern),
        ("in-braces", "by its id in braces, or behind `urn:uuid:`.",
         lambda a, k: a.removeprefix("urn:uuid:").strip("{}") == k),
        ("by-its-escapes", "by its id as a URL escapes it.", lambda a, k: unquote(a) == k),
        ("behind-a-prefix", "by its id behind a slash or a colon.",
         lambda a, k: re.split("[/:]", a)[-1] == k),
    )  # fmt: skip
    for name, description, matches in match_table:
        yield Fault(
            f"job-found-{name}",
            f"A job is found {description}",
            _UNKNOWN,
            "state",
            policies=applies(_looking_up(matches)),
        )


def _looking_up(
    matches: Callable[[str, str], bool],
) -> Callable[[Memory, Batch], Awaitable[Sequence[Outcome]]]:
    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        known = [job.job_id for job in await inner.store.jobs(batch.project_id)]

        def found(asked: str) -> str:
            return next((job for job in known if matches(asked, job)), asked)

        exact = set(known)
        items = (
            item if item.job_id in exact else attrs.evolve(item, job_id=found(item.job_id))
            for item in batch.items
        )
        return await inner.apply(Batch(batch.project_id, tuple(items)))

    return change
