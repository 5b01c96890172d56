"""Callers who share a transaction, and do not suffer from each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from drs_sync_policy.sandbox.store.group_commit import GroupCommit


def test_those_who_ask_at_once_are_served_at_once() -> None:
    """Calls of one turn of the loop make one group, and each gets its own response."""
    groups: list[list[int]] = []

    async def double(numbers: Sequence[int]) -> list[int]:
        groups.append(list(numbers))
        return [2 * number for number in numbers]

    async def ask() -> list[int]:
        together = GroupCommit(double)
        return list(await asyncio.gather(*(together.submit(number) for number in range(5))))

    assert asyncio.run(ask()) == [0, 2, 4, 6, 8]
    assert groups == [[0, 1, 2, 3, 4]]


def test_those_who_come_later_wait_for_the_next_group() -> None:
    """While a group is served the next one gathers, and no caller gets its result early."""
    groups: list[list[int]] = []

    async def ask() -> None:
        began, gate = asyncio.Event(), asyncio.Event()

        async def serve(numbers: Sequence[int]) -> Sequence[int]:
            groups.append(list(numbers))
            began.set()
            await gate.wait()
            return numbers

        together = GroupCommit(serve)
        early = asyncio.create_task(together.submit(1))
        await began.wait()
        late = [asyncio.create_task(together.submit(number)) for number in (2, 3)]
        await asyncio.sleep(0)
        assert not early.done()
        gate.set()
        assert [await early, *[await task for task in late]] == [1, 2, 3]

    asyncio.run(ask())
    assert groups == [[1], [2, 3]]


def test_one_who_fails_fails_alone() -> None:
    """Where a group fails, each of it is tried alone, and the error is its own."""

    async def invert(numbers: Sequence[int]) -> list[float]:
        return [1 / number for number in numbers]

    async def ask() -> list[float | BaseException]:
        together = GroupCommit(invert)
        asked = (together.submit(number) for number in (1, 0, 4))
        return list(await asyncio.gather(*asked, return_exceptions=True))

    first, failed, last = asyncio.run(ask())
    assert (first, last) == (1, 0.25)
    assert isinstance(failed, ZeroDivisionError)


def test_one_who_leaves_is_not_missed() -> None:
    """A caller that was cancelled takes nothing from the others."""

    async def echo(numbers: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)
        return numbers

    async def ask() -> int:
        together = GroupCommit(echo)
        leaving = asyncio.create_task(together.submit(1))
        staying = asyncio.create_task(together.submit(2))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await staying

    assert asyncio.run(ask()) == 2


@pytest.mark.parametrize("patience", [0, 40])
def test_patience_loses_nobody(patience: int) -> None:
    """Every caller gets its result, waiting for company or not, on one loop after another."""

    async def echo(numbers: Sequence[int]) -> Sequence[int]:
        return numbers

    together = GroupCommit(echo, patience=patience)

    async def ask() -> list[int]:
        found: list[int] = []
        for size in (8, 1, 3, 8, 1):
            found += await asyncio.gather(*(together.submit(number) for number in range(size)))
        return found

    for _ in range(2):
        assert len(asyncio.run(ask())) == 21
