"""The result of each item, as a table for people and as JSON or CSV for programs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import attrs
import click
from attrs import frozen

from drs_sync_policy import JobOutcome, JobState, codes
from drs_sync_policy.cli.output.data import echo_csv, echo_json
from drs_sync_policy.cli.output.prose import cells, columns, fold, width
from drs_sync_policy.text import counted, printable

DIFFERS: Final = "differs"
"""The state of an item that was set, and that the server shows with another value."""
UNVERIFIED: Final = "not verified"
"""The state of an item that was set, and that was not read back."""
EARLIER: Final = "set earlier"
"""The state of an item that the journal knows: it was not sent again."""
_ALL_SHOWN: Final = 40
_MOST_UNKNOWN: Final = 20
"""More would hide what else there is to read, most of all after Ctrl-C."""
_LEAST_ROOM: Final = 24
"""A message has at least so many columns, or else a line of its own."""
_GAP: Final = "  "
_COLOURS: Final = {
    **dict.fromkeys((state.value for state in JobState), "yellow"),
    JobState.SUCCEEDED.value: "green",
    EARLIER: "green",
    JobState.FAILED.value: "red",
    DIFFERS: "red",
    UNVERIFIED: "yellow",
    JobState.REFUSED.value: "red",
}


@frozen
class Row:
    """One item: its number in the file, its job, its state, and why."""

    number: int
    job_id: str
    state: str
    error_code: str = ""
    error_msg: str = ""

    @property
    def done(self) -> bool:
        """Whether its policy is set."""
        return self.state in (JobState.SUCCEEDED.value, EARLIER)

    @property
    def matters(self) -> bool:
        """Whether a short table has it: it is not set, or something is wrong with it alone."""
        return not (self.done or (self.state == UNVERIFIED and not self.error_code))


def row(number: int, job: JobOutcome) -> Row:
    """The row of an item that was sent."""
    return Row(number, job.job_id, job.state.value, job.error_code or "", job.error_msg or "")


def show(
    rows: Sequence[Row], output: str, *, quiet: bool = False, rest: str = "--output json lists all"
) -> None:
    """Prints every row as JSON or CSV; as a table, those that matter, and a summary as well.

    The summary and the meaning of the codes of failed jobs go to stderr. `rest` says where the
    unknown jobs are that a table leaves out. If `quiet`, the table leaves out jobs that are set,
    and the summary is not printed.
    """
    if output == "table":
        _table([r for r in rows if r.matters] if quiet else rows, rest)
    else:
        _PRINTERS[output](rows)
    if quiet:
        return
    click.echo(summary(rows), err=True)
    failed = (r.error_code for r in rows if r.state == JobState.FAILED)
    for code in dict.fromkeys(failed):
        if known := codes.find(code):
            first = f"{known.meaning.strip().partition('. ')[0].rstrip('.')}."
            said = f"{code}: {first} What to do: drs-sync-policy explain {code}"
            click.echo(fold(said, width(err=True)), err=True)


def summary(rows: Sequence[Row]) -> str:
    """How many jobs are in each state, in one line."""
    counts = Counter(r.state for r in rows)
    jobs = "1 job" if len(rows) == 1 else f"{len(rows)} jobs"
    return f"{jobs}: " + ", ".join(f"{n} {state}" for state, n in counts.items())


def _json(rows: Sequence[Row]) -> None:
    echo_json([attrs.asdict(r) for r in rows])


def _csv(rows: Sequence[Row]) -> None:
    names = [field.name for field in attrs.fields(Row)]
    echo_csv([names, *(map(str, attrs.astuple(r)) for r in rows)])


def _table(rows: Sequence[Row], rest: str) -> None:
    shown = rows if len(rows) <= _ALL_SHOWN else [r for r in rows if r.matters]
    if sys.stdout.isatty():  # The summary counts them, and nothing is to be done about one.
        shown = [r for r in shown if r.state != JobState.NOT_SENT]
    unknown = [r for r in shown if r.state == JobState.UNKNOWN]
    left = set(unknown[_MOST_UNKNOWN:])
    if shown := [r for r in shown if r not in left]:
        click.echo("\n".join(_lines(shown, columns(sys.stdout))))
    if left:
        click.echo(f"... and {counted(len(left), 'more unknown job')}: {rest}", err=True)


_Cells = tuple[str, ...]


def _lines(rows: Sequence[Row], width: int | None) -> Iterator[str]:
    """A table, none of whose lines ends in blanks; only a message is ever folded.

    Where no terminal is, a row is a line. In one that is narrow a row is two lines, the job in the
    first, so that its id is whole.
    """
    heads = ("#", "job", "state", "code", "message")
    explained = any(r.error_code or r.error_msg for r in rows)
    table = [heads, *(_cells(r) for r in rows)]
    table = table if explained else [row[:3] for row in table]
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    room = None if width is None else width - sum(widths[:-1]) - len(_GAP) * (len(widths) - 1)
    narrow = room is not None and room < min(widths[-1], _LEAST_ROOM)
    for row in table:
        yield _two_lines(row, widths, width) if narrow else _one_row(row, widths, width)


def _cells(row: Row) -> _Cells:
    texts = (row.job_id, row.state, row.error_code, row.error_msg)
    return (str(row.number), *(printable(text) for text in texts))


def _one_row(row: _Cells, widths: Sequence[int], width: int | None) -> str:
    indent = " " * (sum(widths[:-1]) + len(_GAP) * (len(row) - 1))
    last = fold(row[-1], width, first=indent, rest=indent)[len(indent) :]
    middle = zip(row[1:-1], widths[1:-1], strict=True)
    padded = [cell + " " * (w - cells(cell)) for cell, w in middle]
    return _painted(_GAP.join((row[0].rjust(widths[0]), *padded, last)), row)


def _two_lines(row: _Cells, widths: Sequence[int], width: int | None) -> str:
    indent = " " * (widths[0] + len(_GAP))
    below = fold(_GAP.join(filter(None, row[2:])), width, first=indent, rest=indent)
    return f"{row[0].rjust(widths[0])}{_GAP}{row[1]}\n{_painted(below, row)}"


def _painted(text: str, row: _Cells) -> str:
    """`text` with the state in its colour, and no blanks at its end."""
    colour = _COLOURS.get(row[2])
    before, state, after = text.rstrip().rpartition(row[2])
    return before + (click.style(state, colour) if colour else state) + after


_PRINTERS: Final[dict[str, Callable[[Sequence[Row]], None]]] = {"json": _json, "csv": _csv}
OUTPUTS: Final = ("table", *_PRINTERS)
