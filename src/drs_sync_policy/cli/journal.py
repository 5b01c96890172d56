"""What earlier runs did: the items that a server took, so that a repeat sends only the rest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self, cast

from attrs import define, field


class BadJournalError(Exception):
    """The file is no journal, or one of another server or project."""


@define
class Journal:
    """A file of one line for each item that succeeded, written before the next is waited for.

    An item is known by its content, so that an edited one is sent anew. A journal belongs to one
    server and project.
    """

    path: Path
    server: str
    _done: set[str] = field(factory=set[str])
    _file: IO[str] | None = None

    @classmethod
    def open(cls, path: Path, *, url: str, project_id: str) -> Self:
        """The journal in `path`, which need not exist; `BadJournalError` if it is another's."""
        journal = cls(path, f"{url} {project_id}")
        for number, line in enumerate(_lines(path)):
            entry = _entry(line)
            if number == 0 and entry.get("server") != journal.server:
                other = entry.get("server")
                what = f"a journal of {other}, not of {journal.server}" if other else "no journal"
                raise BadJournalError(f"{path} is {what}. Delete it, or give another: --journal.")
            journal._done.add(str(entry.get("item")))
        try:
            # Now and not after the first answer: a run that cannot remember is not begun.
            path.open("a").close()
        except OSError as error:
            raise BadJournalError(f"{path} cannot be written: {error.strerror}") from error
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self.path.exists() and not self.path.stat().st_size:
            self.path.unlink()

    def left(self, items: Sequence[Mapping[str, Any]]) -> list[int]:
        """The indices of the items that are still to be sent.

        Of a job with several items, those after one that is to be sent are sent again, because
        the later one must win.
        """
        open_jobs: set[str] = set()
        left: list[int] = []
        for index, item in enumerate(items):
            if item["job_id"] in open_jobs or digest(item) not in self._done:
                open_jobs.add(item["job_id"])
                left.append(index)
        return left

    def note(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Writes down that the server took `items`; they are on the disk when this returns."""
        new = [item for item in items if digest(item) not in self._done]
        if not new:
            return
        if self._file is None:
            self._file = self._opened()
        for item in new:
            self._done.add(digest(item))
            self._write({"item": digest(item), "job_id": item["job_id"]})
        self._file.flush()
        os.fsync(self._file.fileno())

    def delete(self) -> None:
        """Everything was done: the next run starts afresh."""
        self.path.unlink(missing_ok=True)

    def _opened(self) -> IO[str]:
        is_new = not self.path.exists() or not self.path.stat().st_size
        self._file = self.path.open("a", encoding="utf-8")
        if is_new:
            self._write({"server": self.server})
        return self._file

    def _write(self, entry: Mapping[str, Any]) -> None:
        assert self._file is not None  # noqa: S101 - opened by the caller
        self._file.write(json.dumps(entry) + "\n")


def digest(item: Mapping[str, Any]) -> str:
    """The SHA-256 of an item's content, whatever the order of its fields."""
    text = json.dumps(item, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise BadJournalError(f"{path} cannot be read: {error}") from error
    # The last line is not whole where the run was killed while it wrote it.
    return [line for line in text.split("\n")[:-1] if line]


def _entry(line: str) -> dict[str, Any]:
    try:
        entry: Any = json.loads(line)
    except ValueError:
        entry = None
    return cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
