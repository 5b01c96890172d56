"""A plan as a table for people, and as JSON, CSV or JUnit for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

import click

from drs_sync_policy.cli.output.data import echo_csv, echo_json
from drs_sync_policy.cli.output.prose import fold, width
from drs_sync_policy.cli.plans import (
    NOT_KNOWN,
    NOT_READ,
    RESULTS,
    TO_CHANGE,
    Change,
    JobPlan,
    unreadable,
)
from drs_sync_policy.text import as_written, counted, printable

_ALL_SHOWN: Final = 40
_COLOURS: Final = {"+": "green", "~": "yellow", "?": "cyan"}
_MAY_BE_REJECTED: Final = "the server may reject the request in this state"


def show(found: Sequence[JobPlan], output: str, *, quiet: bool = False) -> None:
    """Prints each job with its changes; a table leaves out those without a change if many.

    The summary goes to stderr, unless `quiet`.
    """
    _PRINTERS[output](found)
    if not quiet:
        for line in summary(found):
            click.echo(fold(line, width(err=True)), err=True)


def summary(found: Sequence[JobPlan]) -> Iterator[str]:
    """How many jobs change, what could not be read, and what may be rejected."""
    counts = Counter(plan.result for plan in found)
    jobs = counted(len(found), "job")
    yield f"{jobs}: " + ", ".join(f"{n:,} {said}" for said in RESULTS if (n := counts[said]))
    hidden = unreadable(found)
    if hidden:
        several = counted(sum(bool(plan.hidden) for plan in found), "job")
        yield f"Not compared in {several}: {', '.join(hidden)} (cannot be read)"
    risky = sum(plan.may_be_rejected for plan in found)
    if risky:
        yield (
            f"{counted(risky, 'job')} not in a state in which policies are documented to be set:"
            " drs-sync-policy explain DRS.M00304"
        )
    if not (counts[TO_CHANGE] or counts[NOT_READ]):
        yield "Nothing to do for the fields that can be read." if hidden else "Nothing to do."


def _table(found: Sequence[JobPlan]) -> None:
    few = len(found) <= _ALL_SHOWN
    for plan in found:
        if not few and not (plan.changed or plan.error_code or plan.may_be_rejected):
            continue
        if plan.error_code:
            click.echo(printable(f"{plan.job_id}  {plan.error_code} {plan.error_msg}"))
            continue
        risk = f": {_MAY_BE_REJECTED}" if plan.may_be_rejected else ""
        click.echo(printable(f"{plan.job_id}  {plan.status}{risk}"))
        for change in plan.changes if few else plan.changed:
            note = " (cannot be read)" if change.kind == "?" else ""
            line = f"  {printable(str(change))}{note}"
            click.echo(click.style(line, _COLOURS.get(change.kind)))


def _as_json(plan: JobPlan) -> dict[str, Any]:
    return {
        "job_id": plan.job_id,
        "status": plan.status or None,
        "may_be_rejected": plan.may_be_rejected,
        "result": plan.result,
        "changes": [_change(change) for change in plan.changes],
        "error_code": plan.error_code or None,
        "error_msg": plan.error_msg or None,
    }


def _change(change: Change) -> dict[str, Any]:
    known = {} if change.kind == "?" else {"stored": change.stored}
    return {"change": change.kind, "field": change.field, "wanted": change.wanted, **known}


def _json(found: Sequence[JobPlan]) -> None:
    echo_json([_as_json(plan) for plan in found])


_COLUMNS: Final = (
    "job_id", "status", "may_be_rejected", "result", "change", "field", "wanted", "stored",
    "error_code", "error_msg",
)  # fmt: skip


def _csv(found: Sequence[JobPlan]) -> None:
    echo_csv([_COLUMNS, *_rows(found)], safe=_SIGNS)


def _rows(found: Sequence[JobPlan]) -> Iterator[tuple[str, ...]]:
    for plan in found:
        for change in plan.changes or (None,):
            cells = (
                (change.kind, change.field, _cell(change.wanted), _cell(change.stored))
                if change
                else ("",) * 4
            )
            state = (plan.status, _cell(plan.may_be_rejected), plan.result)
            yield (plan.job_id, *state, *cells, plan.error_code, plan.error_msg)


_SIGNS: Final = ("+", "=")
"""A program looks for them; alone they are not a formula."""


def _cell(value: Any) -> str:
    return "" if value is None else as_written(value)


def _junit(found: Sequence[JobPlan]) -> None:
    """A test case for each job: it fails if the job would change.

    It is skipped if none of the wanted fields can be read.
    """
    counts = Counter(plan.result for plan in found)
    suite = ET.Element(
        "testsuite", name="drs-sync-policy plan", tests=str(len(found)),
        failures=str(counts[TO_CHANGE]), errors=str(counts[NOT_READ]),
        skipped=str(counts[NOT_KNOWN]),
    )  # fmt: skip
    for plan in found:
        name = printable(plan.job_id)
        case = ET.SubElement(suite, "testcase", classname="drs-sync-policy.plan", name=name)
        if plan.error_code:
            said = printable(f"{plan.error_code} {plan.error_msg}")
            ET.SubElement(case, "error", message=said)
        if plan.changed:
            said = counted(len(plan.changed), "change")
            failure = ET.SubElement(case, "failure", message=said)
            failure.text = "\n".join(printable(str(change)) for change in plan.changes)
        notes = [f"cannot be read: {', '.join(plan.hidden)}"] if plan.hidden else []
        if plan.result == NOT_KNOWN:
            ET.SubElement(case, "skipped", message=notes.pop())
        if plan.may_be_rejected:
            notes.append(printable(f"state {plan.status}: {_MAY_BE_REJECTED}"))
        if notes:
            ET.SubElement(case, "system-out").text = "\n".join(notes)
    click.echo(ET.tostring(suite, encoding="unicode", xml_declaration=True))


_PRINTERS: Final[dict[str, Callable[[Sequence[JobPlan]], None]]] = {
    "table": _table, "json": _json, "csv": _csv, "junit": _junit,
}  # fmt: skip
OUTPUTS: Final = tuple(_PRINTERS)
