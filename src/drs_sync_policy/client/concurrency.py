"""The chunks of a call at the same time: in threads, or in tasks.

After the first error no further chunk is begun; those under way end by themselves, so that what
the server says of them is kept. An interruption does not wait for them. A refusal that says of
each job what became of it is no reason to end: it is raised when all chunks are carried out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from queue import SimpleQueue
from threading import Event, Thread

from drs_sync_policy.client.batching import Chunk
from drs_sync_policy.client.errors import RefusedError

Progress = Callable[[int, int], object]
"""Called with the number of jobs that are done, and of all, after each request."""


class GivenUpError(Exception):
    """A thread wanted to send a request of a call that was interrupted."""


class Failures:
    """The errors of a call's chunks, and whether another chunk may be begun after them."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []
        self.go_on: bool = True

    def add(self, error: Exception) -> bool:
        """Keeps an error; tells whether its chunk is done all the same."""
        done = isinstance(error, RefusedError) and error.results is not None
        if self.go_on and not done:
            # What ended the call says more than what some of its jobs were told.
            self.go_on = False
            self._errors.insert(0, error)
        else:
            self._errors.append(error)
        return done

    def raise_first(self) -> None:
        """Raises the error that ended the call, else the first, else nothing."""
        if self._errors:
            raise self._errors[0]


def in_order(
    carry_out: Callable[[Chunk], None],
    chunks: Sequence[Chunk],
    total: int,
    progress: Progress | None,
) -> None:
    """Carries out the chunks one by one in this thread; raises the first error at the end."""
    failures = Failures()
    for chunk in chunks:
        try:
            carry_out(chunk)
        except RefusedError as error:
            if not failures.add(error):
                break
        if progress is not None:
            progress(chunk.stop, total)
    failures.raise_first()


async def in_order_async(
    carry_out: Callable[[Chunk], Awaitable[None]],
    chunks: Sequence[Chunk],
    total: int,
    progress: Progress | None,
) -> None:
    """Carries out the chunks one by one in this task; raises the first error at the end."""
    failures = Failures()
    for chunk in chunks:
        try:
            await carry_out(chunk)
        except RefusedError as error:
            if not failures.add(error):
                break
        if progress is not None:
            progress(chunk.stop, total)
    failures.raise_first()


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
    failures = Failures()
    running = done = 0
    for chunk in islice(waiting, concurrency):
        begin(chunk)
        running += 1
    while running:
        chunk, error = ended.get()
        running -= 1
        if error is not None and not isinstance(error, Exception):
            raise error
        if error is None or failures.add(error):
            done += chunk.stop - chunk.start
            if progress is not None:
                progress(done, total)
        following = next(waiting, None) if failures.go_on else None
        if following is not None:
            begin(following)
            running += 1
    failures.raise_first()


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
    failures = Failures()
    done = 0

    async def attempt(chunk: Chunk) -> bool:
        try:
            await carry_out(chunk)
        except RefusedError as error:
            return failures.add(error)
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
                failures.add(error)
            if not failures.go_on:
                return

    async with anyio.create_task_group() as tasks:
        for _ in range(min(concurrency, len(chunks))):
            tasks.start_soon(work)
    failures.raise_first()
