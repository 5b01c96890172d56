"""What a person who is looking sees while a file is read and jobs are done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, Self

# Here, and not where it is used: without it, nothing is begun.
from rich.console import Console

from drs_sync_policy.text import printable

FEW: Final = 2
"""So few jobs are done before a bar could be read."""
LARGE: Final = 1_000_000
"""A file of so many bytes takes seconds to read."""


@contextmanager
def reading(name: str, size: int) -> Generator[Callable[[float], object] | None]:
    """A bar for a file of `size` bytes, moved by the function that it gives; None if small.

    It is shown on a terminal only. Until it is moved it shows that something goes on.
    """
    if size < LARGE or not sys.stderr.isatty():
        yield None
        return
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        said = escape(f"Reading {printable(name)} ({size / 1e6:.1f} MB)")
        task = shown.add_task(said, total=None)
        yield lambda done: shown.update(task, total=1.0, completed=done)


class Bar:
    """Shows progress on stderr if that is a terminal, and nothing if it is not."""

    def __init__(self, total: int, doing: str) -> None:
        self._progress: Any = None
        self._task: Any = None
        if total > FEW and sys.stderr.isatty():
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task(doing, total=total)

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def moved(self, done: int, total: int) -> None:
        """For a client's `progress`."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total)
