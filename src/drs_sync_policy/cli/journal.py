"""What earlier runs did: the jobs that a server took, so that a repeat sends only the rest."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, Final, Self

from attrs import define, field

from drs_sync_policy.anyjson import is_object

try:
    import fcntl
except ImportError:  # Windows: two runs at once are not kept apart
    # A module cannot be None for mypy.
    fcntl = None  # type: ignore[assignment]

_DAMAGED: Final[Mapping[str, Any]] = {}


class BadJournalError(Exception):
    """The file is not a journal, or one of another server, or cannot be read, written or locked."""


@define
class Journal:
    """A file with a line for each job whose items were all taken, on the disk at once.

    A job is done if the items that the file of policies has for it are those that were taken
    last, all of them and in this order. Before a job is sent again, what was known of it is
    forgotten: from then on nobody knows what the server has until it says so. A journal belongs
    to one server and project, and to one run at a time.
    """

    path: Path
    _file: FileIO
    _header: bytes
    written: datetime
    """When an earlier run wrote into it last."""
    _end: int = 0
    _done: dict[str, str] = field(factory=dict[str, str])
    _sent: dict[str, str] = field(factory=dict[str, str])
    _awaited: Counter[str] = field(factory=Counter[str])

    @classmethod
    def open(cls, path: Path, *, url: str, project_id: str) -> Self:
        """The journal in `path`, which need not exist; `BadJournalError` if it cannot be used.

        A file that is not a journal of this server and project is left as it is.
        """
        server = f"{url} {project_id}"
        file = _locked(path)
        written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        journal = cls(path, file, _line({"server": server}), written)
        try:
            journal._read(server)
        except BaseException:
            file.close()
            raise
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._done and not self._file.closed:
            self.delete()
        self._file.close()

    def begin(self, items: Sequence[Mapping[str, Any]]) -> list[int]:
        """The indices of the items that are to be sent; what was known of their jobs is forgotten.

        Of a job with several items either all are sent or none: the later one must win.
        """
        of_job: dict[str, list[int]] = {}
        for index, item in enumerate(items):
            of_job.setdefault(item["job_id"], []).append(index)
        left: list[int] = []
        for job_id, indices in of_job.items():
            wanted = digest([items[index] for index in indices])
            if self._done.get(job_id) != wanted:
                self._sent[job_id] = wanted
                self._awaited[job_id] = len(indices)
                left += indices
        self.drop(self._sent)
        return sorted(left)

    def drop(self, job_ids: Iterable[str]) -> None:
        """Forgets what was known of these jobs: the next run sends them again."""
        self._write([{"job_id": job} for job in job_ids if self._done.pop(job, None)])

    def note(self, job_ids: Iterable[str]) -> None:
        """Writes down that the server took an item of each; it is on the disk on return."""
        whole: list[str] = []
        for job_id in job_ids:
            self._awaited[job_id] -= 1
            if not self._awaited[job_id]:
                whole.append(job_id)
        self._write({"job_id": job, "items": self._sent[job]} for job in whole)
        self._done.update((job, self._sent[job]) for job in whole)

    def forget(self) -> None:
        """As if there had been no earlier run."""
        self._done.clear()
        self._cut(0)
        self._append(self._header)

    def delete(self) -> None:
        """Everything was done: the next run starts afresh."""
        if os.name == "nt":  # an open file cannot be deleted there; elsewhere it is still locked
            self._file.close()
        self.path.unlink(missing_ok=True)
        self._file.close()

    def _read(self, server: str) -> None:
        """Takes in what is there, and cuts off the end of a line that was not written whole."""
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and self._header.startswith(content):
            self.forget()
            return
        first, *lines = whole.split(b"\n")[:-1] or [b""]
        found = _entry(first).get("server")
        if found != server:
            what = f"a journal of {found}, not of {server}" if found else "no journal"
            raise BadJournalError(f"{self.path} is {what}. Delete it, or give another: --journal.")
        for line in lines:
            self._take(_entry(line))
        self._cut(len(whole))

    def _take(self, entry: Mapping[str, Any]) -> None:
        job_id, items = entry.get("job_id"), entry.get("items")
        if not isinstance(job_id, str):
            self._done.clear()  # Nobody knows what stood here; sending again is harmless.
        elif isinstance(items, str):
            self._done[job_id] = items
        else:
            self._done.pop(job_id, None)

    def _write(self, entries: Iterable[Mapping[str, Any]]) -> None:
        if content := b"".join(map(_line, entries)):
            self._append(content)

    def _append(self, content: bytes) -> None:
        left = memoryview(content)
        try:
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            with suppress(OSError):
                self._cut(self._end)
            raise BadJournalError(f"{self.path} cannot be written: {error.strerror}") from error
        self._end += len(content)

    def _cut(self, end: int) -> None:
        self._file.truncate(end)
        self._end = end


def digest(items: Sequence[Mapping[str, Any]]) -> str:
    """The SHA-256 of the items' content, whatever the order of their fields."""
    text = json.dumps(items, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(path: Path) -> FileIO:
    """The file, opened and locked; it is made where there is none."""
    while True:
        file = _opened(path)
        _lock(file, path)
        # Another run may have deleted it between our opening and our locking.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()


def _opened(path: Path) -> FileIO:
    try:
        # It stays open as long as the journal, and a Path has no opener.
        file = open(path, "a+b", buffering=0, opener=_private)  # noqa: SIM115
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise BadJournalError(
            f"{path} cannot be written: {reason}. Give another one with --journal."
        ) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise BadJournalError(f"{path} is not a regular file. Give another one with --journal.")
    return file


def _private(path: str, flags: int) -> int:
    """For its owner only; never through a link, which in a shared folder somebody else may make."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _lock(file: FileIO, path: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise BadJournalError(
            f"{path} is in use by another run. Wait for its end, or give another: --journal."
        ) from None
    except OSError:
        return  # Some network file systems have no locks.


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry).encode() + b"\n"


def _entry(line: bytes) -> Mapping[str, Any]:
    try:
        entry: Any = json.loads(line)
    except (ValueError, RecursionError):
        return _DAMAGED
    return entry if is_object(entry) else _DAMAGED
