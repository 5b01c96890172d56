"""What became of each item, as a table for people and as JSON or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import attrs
import click
from attrs import frozen
from rich.console import Console
from rich.table import Table
from rich.text import Text

from drs_sync_policy import JobOutcome, JobState, codes

EARLIER: Final = "set earlier"
"""The state of an item that the journal knows: it was not sent again."""
_ALL_SHOWN: Final = 40
_WIDE: Final = 240
_STYLES: Final = {
    JobState.SUCCEEDED.value: "green",
    EARLIER: "green",
    JobState.FAILED.value: "red",
    JobState.REFUSED.value: "red",
}


@frozen
class Row:
    """One item: where in the file it stands, its job, what became of it, and why."""

    number: int
    job_id: str
    state: str
    error_code: str = ""
    error_msg: str = ""

    @property
    def done(self) -> bool:
        """Whether its policy is set."""
        return self.state in (JobState.SUCCEEDED.value, EARLIER)


def row(number: int, job: JobOutcome) -> Row:
    """The row of an item that was sent."""
    return Row(number, job.job_id, job.state.value, job.error_code or "", job.error_msg or "")


def show(rows: Sequence[Row], output: str) -> None:
    """Prints every row as JSON or CSV; as a table, those that matter, and a summary besides.

    The summary and what the codes of failed jobs mean go to stderr.
    """
    _PRINTERS[output](rows)
    click.echo(summary(rows), err=True)
    failed = (r.error_code for r in rows if r.state == JobState.FAILED)
    for code in dict.fromkeys(failed):
        if known := codes.find(code):
            click.echo(f"{code}: {known.meaning} {known.remedy}", err=True)


def summary(rows: Sequence[Row]) -> str:
    """How many jobs are in each state, in one line."""
    counts = Counter(r.state for r in rows)
    jobs = "1 job" if len(rows) == 1 else f"{len(rows)} jobs"
    return f"{jobs}: " + ", ".join(f"{n} {state}" for state, n in counts.items())


def _json(rows: Sequence[Row]) -> None:
    click.echo(json.dumps([attrs.asdict(r) for r in rows], ensure_ascii=False, indent=2))


def _csv(rows: Sequence[Row]) -> None:
    text = io.StringIO()
    names = [field.name for field in attrs.fields(Row)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(attrs.asdict(r) for r in rows)
    click.echo(text.getvalue(), nl=False)


def _table(rows: Sequence[Row]) -> None:
    shown = rows if len(rows) <= _ALL_SHOWN else [r for r in rows if not r.done]
    table = Table(box=None, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("job", overflow="fold")
    table.add_column("state")
    if any(r.error_code or r.error_msg for r in shown):
        table.add_column("code")
        table.add_column("message", overflow="fold")
    for r in shown:
        cells = [Text(str(r.number)), Text(r.job_id), Text(r.state, _STYLES.get(r.state, "yellow"))]
        cells += [Text(r.error_code), Text(r.error_msg)] if len(table.columns) > 3 else []
        table.add_row(*cells)
    if shown:
        # Piped, a line is a row: nothing is folded to the width of a terminal that is not there.
        Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


_PRINTERS: Final[dict[str, Callable[[Sequence[Row]], None]]] = {
    "table": _table,
    "json": _json,
    "csv": _csv,
}
OUTPUTS: Final = tuple(_PRINTERS)
