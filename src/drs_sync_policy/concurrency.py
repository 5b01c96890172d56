"""The chunks of a call at the same time: in threads, or in tasks.

After the first error no further chunk is begun; those under way end by themselves, so that what
the server says of them is kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

from drs_sync_policy.chunks import Chunk

Progress = Callable[[int, int], object]
"""Called with the number of jobs that are done, and of all, after each request."""


def in_threads(
    carry_out: Callable[[Chunk], None],
    chunks: Sequence[Chunk],
    concurrency: int,
    total: int,
    progress: Progress | None,
) -> None:
    """Carries out the chunks in so many threads; raises the first error, when all have ended."""
    from concurrent.futures import ThreadPoolExecutor, as_completed

    waiting = iter(chunks)
    failed: list[Exception] = []
    done = 0
    with ThreadPoolExecutor(concurrency, thread_name_prefix="drs-sync-policy") as threads:
        first = islice(waiting, concurrency)
        running = {threads.submit(carry_out, chunk): chunk for chunk in first}
        try:
            while running:
                future = next(as_completed(running))
                chunk = running.pop(future)
                error = future.exception()
                if isinstance(error, Exception):
                    failed.append(error)
                elif error is not None:
                    raise error
                done += chunk.stop - chunk.start
                if progress is not None and error is None:
                    progress(done, total)
                following = None if failed else next(waiting, None)
                if following is not None:
                    running[threads.submit(carry_out, following)] = following
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    if failed:
        raise failed[0]


async def in_tasks(
    carry_out: Callable[[Chunk], Awaitable[None]],
    chunks: Sequence[Chunk],
    concurrency: int,
    total: int,
    progress: Progress | None,
) -> None:
    """Carries out the chunks in so many tasks; raises the first error, when all have ended."""
    import anyio

    waiting = iter(chunks)
    failed: list[Exception] = []
    done = 0

    async def work() -> None:
        nonlocal done
        for chunk in waiting:
            try:
                await carry_out(chunk)
                done += chunk.stop - chunk.start
                if progress is not None:
                    progress(done, total)
            except Exception as error:  # noqa: BLE001 - raised below, when all have ended
                failed.append(error)
            if failed:
                return

    async with anyio.create_task_group() as tasks:
        for _ in range(min(concurrency, len(chunks))):
            tasks.start_soon(work)
    if failed:
        raise failed[0]
