"""A bar that shows how many jobs are done, where a person is looking."""

from __future__ import annotations

import sys
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

    def moved(self, done: int, total: int) -> None:
        """For a client's `progress`."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total)
