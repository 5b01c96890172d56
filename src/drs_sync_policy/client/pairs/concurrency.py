"""Waits, locks, and chunks at the same time, in threads and in tasks.

After the first error no further chunk is started; those in progress
finish, so that their results are known. An interruption does not wait for them. An error that has
a result for each job does not end it: it is raised when all chunks are done.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Final

from drs_sync_policy.client.batching import Chunk
from drs_sync_policy.runtime.errors import RefusedError

Progress = Callable[[int, int], object]
"""Called after each request with the number of jobs that are done, and of all."""

Cancelled = Callable[[], bool]
"""Whether the caller was interrupted, so that no further request may be sent."""

_POLL_SECONDS: Final = 0.01


class CancelledThreadError(Exception):
    """A thread did not send a request, because the caller was interrupted."""


class ErrorCollector:
    """The errors of all chunks, and whether another chunk may be started."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []
        self.may_continue: bool = True

    def add(self, error: Exception) -> bool:
        """Keeps an error; returns whether its chunk is done nevertheless."""
        done = isinstance(error, RefusedError) and error.results is not None
        if self.may_continue and not done:
            # The error that ended everything is raised before those of single jobs.
            self.may_continue = False
            self._errors.insert(0, error)
        else:
            self._errors.append(error)
        return done

    def raise_first(self) -> None:
        """Raises the error that ended everything, else the first, if there is one."""
        if self._errors:
            raise self._errors[0]


def never() -> bool:
    """What is not interrupted."""
    return False


def sync_sleep(seconds: float) -> None:
    """Waits in this thread."""
    time.sleep(seconds)


async def async_sleep(seconds: float) -> None:
    """Waits in this task, of asyncio or trio."""
    import anyio

    await anyio.sleep(seconds)


def sync_acquire(lock: Lock, seconds: float) -> bool:
    """Acquires a lock in this thread; False if it takes longer."""
    return lock.acquire(timeout=seconds)


async def async_acquire(lock: Lock, seconds: float) -> bool:
    """Acquires a lock in this task; False if it takes longer.

    One lock serves threads and the tasks of any event loop, as a lock of a loop cannot. It is
    held for one login only, so that polling is cheap.
    """
    import anyio

    end = time.monotonic() + seconds
    while not lock.acquire(blocking=False):
        if time.monotonic() >= end:
            return False
        await anyio.sleep(_POLL_SECONDS)
    return True


def sync_run_concurrently(
    process: Callable[[Cancelled, Chunk], None],
    chunks: Sequence[Chunk],
    concurrency: int,
    total: int,
    progress: Progress | None,
) -> None:
    """Processes the chunks in `concurrency` threads; raises the first error when all ended.

    After an interruption (Ctrl-C, or an error of `progress`) it waits for no thread: they are
    daemons, and `process` asks its first argument before each request whether to stop.
    """
    cancelled = Event()
    ended: SimpleQueue[tuple[Chunk, BaseException | None]] = SimpleQueue()

    def work(chunk: Chunk) -> None:
        error: BaseException | None = None
        try:
            if not cancelled.is_set():
                process(cancelled.is_set, chunk)
        except BaseException as raised:  # noqa: BLE001 - raised below, in the caller's thread
            error = raised
        ended.put((chunk, error))

    def start(chunk: Chunk) -> None:
        Thread(target=work, args=(chunk,), name="drs-sync-policy", daemon=True).start()

    try:
        _supervise(start, ended, chunks, concurrency, total, progress)
    except BaseException:
        cancelled.set()
        raise


def _supervise(
    start: Callable[[Chunk], None],
    ended: SimpleQueue[tuple[Chunk, BaseException | None]],
    chunks: Sequence[Chunk],
    concurrency: int,
    total: int,
    progress: Progress | None,
) -> None:
    waiting = iter(chunks)
    errors = ErrorCollector()
    running = done = 0
    for chunk in islice(waiting, concurrency):
        start(chunk)
        running += 1
    while running:
        chunk, error = ended.get()
        running -= 1
        if error is not None and not isinstance(error, Exception):
            raise error
        if error is None or errors.add(error):
            done += chunk.stop - chunk.start
            if progress is not None:
                progress(done, total)
        following = next(waiting, None) if errors.may_continue else None
        if following is not None:
            start(following)
            running += 1
    errors.raise_first()


async def async_run_concurrently(
    process: Callable[[Cancelled, Chunk], Awaitable[None]],
    chunks: Sequence[Chunk],
    concurrency: int,
    total: int,
    progress: Progress | None,
) -> None:
    """Processes the chunks in `concurrency` tasks; raises the first error when all ended."""
    import anyio

    waiting = iter(chunks)
    errors = ErrorCollector()
    done = 0

    async def attempt(chunk: Chunk) -> bool:
        try:
            await process(never, chunk)
        except RefusedError as error:
            return errors.add(error)
        return True

    async def work() -> None:
        nonlocal done
        for chunk in waiting:
            try:
                if await attempt(chunk):
                    done += chunk.stop - chunk.start
                    if progress is not None:
                        progress(done, total)
            except Exception as error:  # noqa: BLE001 - raised below, when all have ended
                errors.add(error)
            if not errors.may_continue:
                return

    async with anyio.create_task_group() as tasks:
        for _ in range(min(concurrency, len(chunks))):
            tasks.start_soon(work)
    errors.raise_first()
