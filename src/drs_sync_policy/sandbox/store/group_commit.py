"""Group commit: callers that arrive at the same time share one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Submitted = TypeVar("Submitted")
Result = TypeVar("Result")


class GroupCommit(Generic[Submitted, Result]):
    """Collects what is submitted while `do` is busy, and passes it on as one group.

    `do` returns one result for each member of a group, in order, when the whole group is done. If a
    group fails, each member is tried alone, so that one cannot fail another. Event loops do not
    share groups: a loop may end without leaving anything behind.
    """

    def __init__(
        self, do: Callable[[Sequence[Submitted]], Awaitable[Sequence[Result]]], *, patience: int = 0
    ) -> None:
        self._do = do
        self._patience = patience
        self._usual: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
        self._waiting: WeakKeyDictionary[
            asyncio.AbstractEventLoop, list[tuple[Submitted, asyncio.Future[Result]]]
        ] = WeakKeyDictionary()
        self._busy: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = (
            WeakKeyDictionary()
        )

    async def submit(self, submitted: Submitted) -> Result:
        """The result for `submitted`, or the error that it alone had."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.setdefault(loop, []).append((submitted, future))
        if loop not in self._busy:
            # The task starts after everything else that this turn of the loop brought.
            self._busy[loop] = loop.create_task(self._work(loop))
        return await future

    async def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while loop in self._waiting:
                await self._wait_for_more(loop)
                group = self._waiting.pop(loop)
                self._usual[loop] = max(len(group), self._usual.get(loop, 1) - 1)
                await self._serve(group)
        finally:
            del self._busy[loop]

    async def _wait_for_more(self, loop: asyncio.AbstractEventLoop) -> None:
        # Callers that were served together tend to come back together: worth a few empty turns.
        usual = self._usual.get(loop, 1)
        for _ in range(self._patience):
            if len(self._waiting[loop]) >= usual:
                return
            await asyncio.sleep(0)

    async def _serve(self, group: Sequence[tuple[Submitted, asyncio.Future[Result]]]) -> None:
        try:
            responses = await self._do([submitted for submitted, _ in group])
        except Exception as error:  # noqa: BLE001 - it belongs to whoever submitted
            if len(group) == 1:
                _fail(group[0][1], error)
                return
            for alone in group:
                await self._serve([alone])
            return
        for (_, future), given in zip(group, responses, strict=True):
            if not future.done():
                future.set_result(given)


def _fail(future: asyncio.Future[Result], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
