"""Values as programs read them: JSON and CSV on stdout."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Collection, Iterable
from typing import Final

import click

from drs_sync_policy.text import printable

_CONTROLS: Final = re.compile("[\x7f-\x9f]")
"""The controls that JSON does not escape."""


def echo_json(value: object) -> None:
    """Prints a value; every character that a terminal obeys is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def echo_csv(rows: Iterable[Iterable[str]], *, safe: Collection[str] = ()) -> None:
    """Prints rows; cells other than the `safe` ones cannot be formulas.

    A program gets every character as it is, a terminal only those that it shows.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    shown = printable if sys.stdout.isatty() else str
    for row in rows:
        writer.writerow(cell if cell in safe else _no_formula(shown(cell)) for cell in row)
    click.echo(text.getvalue(), nl=False, color=True)  # click takes no escapes out of it


def _no_formula(cell: str) -> str:
    """The cell, with a quote before what a spreadsheet would calculate (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
