"""The body of a request: its limits, and where a large one is worked on."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from drs_sync_policy.sandbox.http.body import LARGE_BYTES, LargeBodies, RequestBody
from drs_sync_policy.sandbox.rejection import Rejection


def body_of(*chunks: bytes, limit: int = 2 * LARGE_BYTES, large: LargeBodies) -> RequestBody:
    """A body that arrives in these chunks."""
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return RequestBody(receive, declared=None, limit=limit, large=large)


def statuses(sizes: Iterable[int]) -> list[int]:
    """What bodies of these sizes get, each read up to its last byte and then left open."""
    large = LargeBodies(max_body_bytes=LARGE_BYTES)

    async def read(size: int) -> int:
        try:
            await body_of(b" " * size, large=large)._collect(2 * LARGE_BYTES)
        except Rejection as rejected:
            return rejected.status
        return 200

    async def all_of_them() -> list[int]:
        return [await read(size) for size in sizes]

    return asyncio.run(all_of_them())


def test_few_large_bodies_are_kept_at_once() -> None:
    """There is memory for four of the largest; small ones always pass."""
    most = LARGE_BYTES + 1
    assert statuses([most] * 4) == [200, 200, 200, 503]
    assert statuses([LARGE_BYTES] * 50) == [200] * 50
    assert statuses([most] * 3 + [LARGE_BYTES]) == [200] * 4


def test_a_closed_body_makes_room() -> None:
    """What a request took is free when its response is sent."""

    async def many() -> None:
        large = LargeBodies(max_body_bytes=LARGE_BYTES)
        for _ in range(20):
            body = body_of(b" " * LARGE_BYTES, b" ", large=large)
            assert len(await body.read()) == LARGE_BYTES + 1
            body.close()

    asyncio.run(many())


def test_large_bodies_take_turns() -> None:
    """The second is read to its end and waits until the first has its response."""

    async def two() -> None:
        large = LargeBodies(max_body_bytes=LARGE_BYTES)
        first, second = (body_of(b" " * (LARGE_BYTES + 1), large=large) for _ in range(2))
        await first.read()
        waiting = asyncio.create_task(second.read())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
        first.finish()
        assert len(await waiting) == LARGE_BYTES + 1
        second.close()

    asyncio.run(two())


@pytest.mark.parametrize(("size", "on_loop"), [(LARGE_BYTES, True), (LARGE_BYTES + 1, False)])
def test_work_on_a_large_body_is_done_on_a_thread(size: int, *, on_loop: bool) -> None:
    """Only small bodies are worked on where other requests wait."""

    async def thread_of_work() -> int:
        body = body_of(b" " * size, large=LargeBodies(max_body_bytes=size))
        await body.read()
        found = await body.off_loop(threading.get_ident)
        body.close()
        return found

    assert (asyncio.run(thread_of_work()) == threading.get_ident()) == on_loop


def test_no_collection_stops_other_threads_during_work_on_a_large_body() -> None:
    """The collector is off for that work, and on again after it, also if the work fails."""

    async def work() -> bool:
        body = body_of(b" " * (LARGE_BYTES + 1), large=LargeBodies(max_body_bytes=LARGE_BYTES + 1))
        await body.read()
        with pytest.raises(ZeroDivisionError):
            await body.off_loop(divmod, 1, 0)
        assert gc.isenabled()
        found = await body.off_loop(gc.isenabled)
        body.close()
        return found

    assert asyncio.run(work()) is False
    assert gc.isenabled()
