"""Reviewed verdicts for changes that no tool can rate: `overrides/verdicts.yaml`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from tools.diff.change import BOTH, NOBODY, Change, Level
from tools.documents import ROOT, read_document

FILE: Final = ROOT / "overrides" / "verdicts.yaml"
_LEVELS: Final = {level.name.lower(): level for level in Level}
_KEYS: Final = {"place", "what", "verdict", "reason", "expires"}


@frozen
class Reviewed:
    """One entry of the file."""

    place: str
    level: Level
    reason: str
    expires: datetime.date
    what: str = ""

    def fits(self, change: Change) -> bool:
        """Whether the entry is about this change."""
        return self.place in change.place and self.what in change.what


@frozen
class Rated:
    """The changes with the reviewed verdicts, and what is wrong with entries of the file."""

    changes: Sequence[Change]
    notes: Sequence[str] = field(factory=list[str])


def read(file: Path = FILE) -> list[Reviewed]:
    """The entries; `SystemExit` names one that is incomplete and shows what it needs."""
    return [_entry(entry, f"{file.name}, entry {number}") for number, entry in
            enumerate(read_document(file).get("verdicts") or (), start=1)]  # fmt: skip


def _entry(entry: Any, where: str) -> Reviewed:
    missing = (_KEYS - {"what"}) - set(entry)
    unknown = set(entry) - _KEYS
    if missing or unknown:
        problem = f"`{min(missing)}` is missing" if missing else f"`{min(unknown)}` is unknown"
        raise SystemExit(f"{where}: {problem}; the keys are {', '.join(sorted(_KEYS))}")
    if entry["verdict"] not in _LEVELS:
        raise SystemExit(
            f"{where}: the verdict `{entry['verdict']}` must be {', '.join(sorted(_LEVELS))}"
        )
    if not isinstance(entry["expires"], datetime.date):
        raise SystemExit(f"{where}: `expires` must be a date, such as 2027-01-31")
    return Reviewed(
        place=str(entry["place"]),
        level=_LEVELS[entry["verdict"]],
        reason=" ".join(str(entry["reason"]).split()),
        expires=entry["expires"],
        what=str(entry.get("what", "")),
    )


def apply(
    changes: Iterable[Change], reviewed: Sequence[Reviewed], *, today: datetime.date | None = None
) -> Rated:
    """Rates the changes that an entry is about; an expired entry counts no more."""
    day = today or datetime.datetime.now(datetime.UTC).date()
    valid = [entry for entry in reviewed if entry.expires >= day]
    found = list(changes)
    rated = [_rate(change, valid) for change in found]
    rated.sort(key=lambda change: (-change.level, change.place, change.what))
    return Rated(rated, list(_notes(found, reviewed, day)))


def _rate(change: Change, entries: Iterable[Reviewed]) -> Change:
    for entry in entries:
        if entry.fits(change):
            hurts = NOBODY if entry.level is Level.COSMETIC else change.hurts
            hurts = BOTH if entry.level is Level.BREAKING and hurts == NOBODY else hurts
            what = f"{change.what} (Reviewed as {entry.level.name.lower()}: {entry.reason})"
            return evolve(change, level=entry.level, what=what, hurts=hurts)
    return change


def _notes(
    changes: Sequence[Change], reviewed: Iterable[Reviewed], day: datetime.date
) -> Iterator[str]:
    for entry in reviewed:
        name = f"{FILE.relative_to(ROOT)}: the entry for `{entry.place}`"
        if entry.expires < day:
            yield f"{name} expired on {entry.expires}: it counts no more. Renew or remove it."
        elif not any(map(entry.fits, changes)):
            yield f"{name} matches no change: remove it, or correct `place` and `what`."
