"""What became of each item, as a table for people and as JSON or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import re
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
from drs_sync_policy.cli.printable import printable

EARLIER: Final = "set earlier"
"""The state of an item that the journal knows: it was not sent again."""
_ALL_SHOWN: Final = 40
_WIDE: Final = 1_000_000
_CONTROLS: Final = re.compile("[\x7f-\x9f]")
"""The controls that JSON does not escape."""
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
    text = json.dumps([attrs.asdict(r) for r in rows], ensure_ascii=False, indent=2)
    click.echo(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _csv(rows: Sequence[Row]) -> None:
    text = io.StringIO()
    names = [field.name for field in attrs.fields(Row)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    # A program gets every character as it is, a terminal only those that it shows.
    shown = printable if sys.stdout.isatty() else str
    for r in rows:
        writer.writerow({name: shown(str(value)) for name, value in attrs.asdict(r).items()})
    click.echo(text.getvalue(), nl=False, color=True)  # click takes no escapes out of it


def _table(rows: Sequence[Row]) -> None:
    shown = rows if len(rows) <= _ALL_SHOWN else [r for r in rows if not r.done]
    if sys.stdout.isatty():  # The summary counts them, and nothing is to be done about one.
        shown = [r for r in shown if r.state != JobState.NOT_SENT]
    table = Table(box=None, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("job", overflow="fold")
    table.add_column("state")
    if any(r.error_code or r.error_msg for r in shown):
        table.add_column("code")
        table.add_column("message", overflow="fold")
    for r in shown:
        job_id, code, message = (printable(t) for t in (r.job_id, r.error_code, r.error_msg))
        cells = [Text(str(r.number)), Text(job_id), Text(r.state, _STYLES.get(r.state, "yellow"))]
        cells += [Text(code), Text(message)] if len(table.columns) > 3 else []
        table.add_row(*cells)
    if not shown:
        return
    if sys.stdout.isatty():
        Console().print(table)
        return
    # Piped, a line is a row: nothing is folded to the width of a terminal that is not there.
    text = io.StringIO()
    Console(file=text, width=_WIDE).print(table)
    click.echo("\n".join(line.rstrip() for line in text.getvalue().splitlines()))


_PRINTERS: Final[dict[str, Callable[[Sequence[Row]], None]]] = {
    "table": _table,
    "json": _json,
    "csv": _csv,
}
OUTPUTS: Final = tuple(_PRINTERS)
