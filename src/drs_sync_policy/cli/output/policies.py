"""Policies that were read, as a table for people and as JSON or CSV for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from drs_sync_policy import NOT_READABLE, JobPolicy
from drs_sync_policy.cli.output.data import echo_csv, echo_json
from drs_sync_policy.cli.output.prose import cells
from drs_sync_policy.text import as_written, printable

_NONE: Final = "-"
_NOT_READABLE: Final = "?"
_GAP: Final = "  "
LEGEND: Final = f"{_NONE} is not set, {_NOT_READABLE} cannot be read"


def show(policies: Sequence[JobPolicy], names: Sequence[str], output: str) -> None:
    """Prints each job with these fields of its policy."""
    _PRINTERS[output](policies, names)


def _table(policies: Sequence[JobPolicy], names: Sequence[str]) -> None:
    rows = [("job", "state", *names)]
    for policy in policies:
        values = (
            [_cell(policy[name]) for name in names]
            if policy.found
            else [f"{policy.error_code} {policy.error_msg or ''}"]
        )
        rows.append((policy.job_id, policy.status or _NOT_READABLE, *values))
    rows = [tuple(map(printable, row)) for row in rows]
    wide = [row for row in rows if len(row) == len(names) + 2]
    widths = [max(map(cells, column)) for column in zip(*wide, strict=True)]
    widths[:2] = [max(cells(row[n]) for row in rows) for n in (0, 1)]
    for row in rows:
        padded = (cell + " " * (w - cells(cell)) for cell, w in zip(row, widths, strict=False))
        click.echo(_GAP.join(padded).rstrip())


def _cell(value: Any) -> str:
    if value is NOT_READABLE:
        return _NOT_READABLE
    return _NONE if value is None else as_written(value)


def _json(policies: Sequence[JobPolicy], names: Sequence[str]) -> None:
    echo_json(
        [
            {
                "job_id": policy.job_id,
                "name": policy.name,
                "status": policy.status,
                "policy": {n: policy[n] for n in names if policy[n] is not NOT_READABLE},
                "not_readable": _hidden(policy, names),
                "error_code": policy.error_code,
                "error_msg": policy.error_msg,
            }
            for policy in policies
        ]
    )


def _hidden(policy: JobPolicy, names: Sequence[str]) -> list[str]:
    return [name for name in names if policy[name] is NOT_READABLE]


def _csv(policies: Sequence[JobPolicy], names: Sequence[str]) -> None:
    rows = [("job_id", "status", *names, "not_readable", "error_code", "error_msg")]
    for policy in policies:
        values = [policy[name] for name in names]
        row = (
            policy.job_id,
            policy.status or "",
            *("" if value in (None, NOT_READABLE) else as_written(value) for value in values),
            " ".join(_hidden(policy, names)),
            policy.error_code or "",
            policy.error_msg or "",
        )
        rows.append(row)
    echo_csv(rows)


_PRINTERS: Final[dict[str, Callable[[Sequence[JobPolicy], Sequence[str]], None]]] = {
    "table": _table, "json": _json, "csv": _csv,
}  # fmt: skip
OUTPUTS: Final = tuple(_PRINTERS)
