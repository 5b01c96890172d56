"""The chunks of a call at the same time: in threads, or in tasks.

After the first error no further chunk is begun; those under way end by themselves, so that what
the server says of them is kept. An interruption does not wait for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from queue import SimpleQueue
from threading import Event, Thread

from drs_sync_policy.chunks import Chunk

Progress = Callable[[int, int], object]
"""Called with the number of jobs that are done, and of all, after each request."""


class GivenUpError(Exception):
    """A thread wanted to send a request of a call that was interrupted."""


def in_threads(
    carry_out: Callable[[Callable[[], bool], Chunk], None],
    chunks: Sequence[Chunk],
    concurrency: int,
    total: int,
    progress: Progress | None,
) -> None:
    """Carries out the chunks in so many threads; raises the first error, when all have ended.

    After an interruption (Ctrl-C, or an error of `progress`) it waits for no thread: they are
    daemons, and `carry_out` asks its first argument before each request whether to give up.
    """
    given_up = Event()
    ended: SimpleQueue[tuple[Chunk, BaseException | None]] = SimpleQueue()

    def work(chunk: Chunk) -> None:
        error: BaseException | None = None
        try:
            if not given_up.is_set():
                carry_out(given_up.is_set, chunk)
        except BaseException as raised:  # noqa: BLE001 - raised below, in the caller's thread
            error = raised
        ended.put((chunk, error))

    def begin(chunk: Chunk) -> None:
        Thread(target=work, args=(chunk,), name="drs-sync-policy", daemon=True).start()

    try:
        _hear_out(begin, ended, chunks, concurrency, total, progress)
    except BaseException:
        given_up.set()
        raise


def _hear_out(
    begin: Callable[[Chunk], None],
    ended: SimpleQueue[tuple[Chunk, BaseException | None]],
    chunks: Sequence[Chunk],
    concurrency: int,
    total: int,
    progress: Progress | None,
) -> None:
    waiting = iter(chunks)
    failed: list[Exception] = []
    running = done = 0
    for chunk in islice(waiting, concurrency):
        begin(chunk)
        running += 1
    while running:
        chunk, error = ended.get()
        running -= 1
        if isinstance(error, Exception):
            failed.append(error)
        elif error is not None:
            raise error
        done += chunk.stop - chunk.start
        if progress is not None and error is None:
            progress(done, total)
        following = None if failed else next(waiting, None)
        if following is not None:
            begin(following)
            running += 1
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
