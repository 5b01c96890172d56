"""Reviewed verdicts of the gate, and the report in its formats."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from tools.diff import verdicts
from tools.diff.change import BOTH, NOBODY, RULE, Change, Level
from tools.diff.formats import FORMATS
from tools.diff.report import Report
from tools.diff.verdicts import Reviewed

REWORDED = Change(Level.BREAKING, RULE, "`POST /x` rule `a`", "Its statement is now: B.", BOTH)
ADDED = Change(Level.COMPATIBLE, "request", "`POST /x`, `b`", "`b` was added.", "implementer")
DAY = datetime.date(2030, 1, 31)


def _reviewed(place: str, *, what: str = "", level: Level = Level.COSMETIC) -> Reviewed:
    return Reviewed(place, level, "It only clarifies.", DAY, what)


def test_a_reviewed_verdict_replaces_the_tool_s() -> None:
    """The change says so, with the reason, and hurts nobody any more."""
    rated = verdicts.apply([REWORDED, ADDED], [_reviewed("rule `a`", what="now: B")], today=DAY)
    assert [change.level for change in rated.changes] == [Level.COMPATIBLE, Level.COSMETIC]
    assert rated.changes[1].hurts == NOBODY
    assert "(Reviewed as cosmetic: It only clarifies.)" in rated.changes[1].what
    assert rated.notes == []


@pytest.mark.parametrize(
    ("entry", "day", "note"),
    [
        (_reviewed("rule `a`"), DAY + datetime.timedelta(days=1), "expired on 2030-01-31"),
        (_reviewed("rule `b`"), DAY, "matches no change"),
        (_reviewed("rule `a`", what="now: C"), DAY, "matches no change"),
    ],
)
def test_an_entry_that_counts_no_more_is_reported(
    entry: Reviewed, day: datetime.date, note: str
) -> None:
    """It changes nothing, and the report says what to do with it."""
    rated = verdicts.apply([REWORDED], [entry], today=day)
    assert rated.changes == [REWORDED]
    assert note in rated.notes[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{place: a, verdict: cosmetic, expires: 2030-01-31}", "entry 1: `reason` is missing"),
        ("{place: a, verdict: fine, reason: x, expires: 2030-01-31}", "must be breaking"),
        ("{place: a, verdict: cosmetic, reason: x, expires: soon}", "must be a date"),
        ("{place: a, verdict: cosmetic, reason: x, expires: 2030-01-31, by: me}", "`by` is unk"),
    ],
)
def test_an_incomplete_entry_ends_with_what_it_lacks(
    tmp_path: Path, text: str, problem: str
) -> None:
    """The file, the number of the entry and the keys are named."""
    file = tmp_path / "verdicts.yaml"
    file.write_text(f"verdicts:\n  - {text}\n")
    with pytest.raises(SystemExit, match=problem):
        verdicts.read(file)


def test_the_file_of_the_project_can_be_read() -> None:
    """Its comment shows an entry, and the list may be empty."""
    assert all(entry.reason for entry in verdicts.read())


REPORT = Report(
    "release 1.0.0", "1.0.0", "1.1.0", [REWORDED, ADDED], ["breaking: `x`: removed"], notes=["n"]
)


def test_the_report_as_json() -> None:
    """Everything that a program decides by."""
    document = json.loads(FORMATS["json"](REPORT))
    assert (document["needed"], document["accepted"]) == ("2.0.0", False)
    assert document["python_breaking"] is True
    assert document["changes"][0]["level"] == "breaking"


def test_the_report_as_annotations() -> None:
    """A line for each change that matters, and an error for the version."""
    lines = FORMATS["github"](REPORT).splitlines()
    assert [line.split()[0] for line in lines] == ["::warning", "::notice", "::warning", "::error"]
    assert lines[0].startswith("::warning file=openapi.yaml,title=breaking%3A `POST /x` rule `a`::")
    assert "set it to 2.0.0" in lines[-1]


def test_the_report_as_markdown_has_the_verdict_on_python() -> None:
    """For readers, with the notes on reviewed verdicts."""
    text = FORMATS["markdown"](REPORT)
    assert "## The generated Python client\n\nBreaking: the package needs a new major" in text
    assert "## Reviewed verdicts\n\n- n\n" in text
