"""What became of each item, for people and for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from drs_sync_policy.cli.output.outcomes import Row, show

ODD = "\x1b[2J\x9b line1\nline2 " + "w" * 300


def _shown(output: str, capsys: pytest.CaptureFixture[str]) -> str:
    show([Row(1, "j", "failed", "X.1", ODD)], output)
    return capsys.readouterr().out


def test_a_row_of_a_piped_table_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """However long its message is, and whatever the server put into it."""
    shown = _shown("table", capsys)
    assert len(shown.splitlines()) == 2
    assert "\\x1b[2J\\x9b line1\\nline2 " + "w" * 300 in shown
    assert "\x1b" not in shown


def test_no_line_of_a_piped_table_ends_in_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    """A column is as wide as its longest cell, except where nothing follows."""
    show([Row(1, "j", "failed", "X.1", "short"), Row(2, "k", "failed", "X.1", ODD)], "table")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert [line for line in lines if line != line.rstrip()] == []


def test_programs_get_the_text_as_the_server_sent_it(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON writes all of it in escapes that every reader knows."""
    shown = _shown("json", capsys)
    assert json.loads(shown)[0]["error_msg"] == ODD
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    (row,) = csv.DictReader(io.StringIO(_shown("csv", capsys)))
    assert row["error_msg"] == ODD


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1"])
def test_no_spreadsheet_calculates_what_a_server_sent(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A quote before it makes it a text; a sign elsewhere is left as it is."""
    show([Row(1, text, "failed", "a=b", f"{text} -")], "csv")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["job_id"], row["error_code"], row["error_msg"]) == (f"'{text}", "a=b", f"'{text} -")


@pytest.mark.parametrize("count", [20, 50])
def test_a_table_has_at_most_twenty_unknown_jobs(
    count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """After Ctrl-C there may be thousands; where the others are is said, and programs get all."""
    rows = [Row(n, f"job-{n}", "unknown") for n in range(1, count + 1)]
    show([*rows, Row(99, "x", "failed")], "table", rest="look there")
    shown = capsys.readouterr()
    assert shown.out.count("unknown") == 20
    assert "x" in shown.out
    assert ("... and 30 more unknown jobs: look there" in shown.err) == (count == 50)
    show(rows, "json", rest="look there")
    assert len(json.loads(capsys.readouterr().out)) == count
