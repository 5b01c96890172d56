"""A bar that shows how many jobs are done, where a person is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Self

FEW = 2
"""So few jobs are done before a bar could be read."""


class Bar:
    """Shows progress on stderr if that is a terminal, and nothing if it is not."""

    def __init__(self, total: int) -> None:
        self._progress: Any = None
        self._task: Any = None
        if total > FEW and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task("Setting policies", total=total)

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def after(self, note: Callable[[], object]) -> Callable[[int, int], None]:
        """A function for a client's `progress`: takes note first, then moves the bar."""

        def moved(done: int, total: int) -> None:
            note()
            if self._progress is not None:
                self._progress.update(self._task, completed=done, total=total)

        return moved
