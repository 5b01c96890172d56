"""The verdict on a terminal: a line for each finding, the counts, and what would check more."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from drs_sync_policy.fuzz.coverage import PARTS
from drs_sync_policy.fuzz.crash import BLAME
from drs_sync_policy.fuzz.report.model import Example, Report, ShownFinding, Step
from drs_sync_policy.fuzz.report.wording import checked, counts, coverage, effort, headline, load
from drs_sync_policy.text import counted, printable

COLUMNS: Final = 100
"""The width of folded text if nobody looks at a terminal."""
_SHOWN_LINES: Final = 12


def console() -> Console:
    """A console for the report, on stdout."""
    found = Console(highlight=False)
    if not found.is_terminal:
        found.width = COLUMNS
    return found


def show(report: Report, console: Console, *, verbose: bool = False, quiet: bool = False) -> None:
    """Print the end of a run; `verbose` with the details of every finding.

    If `quiet`, no curl command was printed before.
    """
    if verbose:
        for finding in report.findings:
            show_finding(finding, console)
        if not report.is_empty:
            _not_checked(report, console)
            _coverage(report, console)
    _crashes(report, console)
    if report.findings:
        say(console, "")
        if report.preparation and (verbose or not quiet):
            _sum(console, report.preparation, style="dim")
    for finding in report.findings:
        word, style = ("WAIVED", "yellow") if finding.waived else ("FAILED", "bold red")
        line = Text.assemble((word, style), " ", finding.line)
        # On a terminal a finding is one line; in a file nothing is cut.
        if console.is_terminal:
            line.truncate(console.width, overflow="ellipsis")
        console.print(line, soft_wrap=True)
    for note in report.notes:
        _sum(console, f"note: {note}", style="yellow")
    if report.figures:
        _sum(console, f"load: {load(report.figures)}")
        for share in checked(report.figures):
            _sum(console, f"load: {share}")
        for error, number in report.figures.errors.items():
            _sum(console, f"load: {counted(number, 'error')}: {error}", style="yellow")
    if not report.is_empty:
        for entry in report.advice:
            _sum(console, f"to check more: {entry}", style="dim")
        seed = "" if report.seed is None else f" (--seed {report.seed})"
        _sum(console, f"{counts(report)}; {effort(report)}{seed}")
    if not report.is_complete:
        _sum(console, f"{report.ending}: {report.reason}", style="red")
    style = "bold green" if report.is_complete and not report.failing else "bold red"
    _sum(console, f"{headline(report)} on {report.url}", style=style)


def show_finding(finding: ShownFinding, console: Console) -> None:
    """Print one finding with its best example."""
    word, style = ("WAIVED", "yellow") if finding.waived else ("FAILED", "bold red")
    label = f"  ({finding.label})" if finding.label else ""
    console.print()
    console.print(Text.assemble((word, style), "  ", (finding.rule.id, "bold"), (label, "dim")))
    say(console, finding.rule.statement, indent="  ")
    rule = finding.rule
    say(console, f"origin: {rule.origin} ({rule.source})", indent="  ", style="dim")
    if finding.hint:
        say(console, f"hint: {finding.hint}", indent="  ", style="yellow")
    _example(finding.example, console)
    for name, entries in (
        ("also with:", finding.also_with[:5]),
        ("also fails:", finding.also_fails),
        ("not checked because of it:", finding.not_checked),
    ):
        if entries:
            say(console, f"{name} {', '.join(entries)}", indent="  ")


def _example(example: Example, console: Console) -> None:
    for name, text, style in (
        ("case:     ", example.case, ""),
        ("expected: ", example.expected, "green"),
        ("received: ", example.received, "red"),
    ):
        shown = name + printable(text, lines=True)
        say(console, shown, indent="  ", hang=len(name), style=style)
    for number, step in enumerate(example.steps, 1):
        _step(step, number if len(example.steps) > 1 else 0, console)


def _step(step: Step, number: int, console: Console) -> None:
    name = f"request {number}" if number else "request"
    why = ", which stores policies first" if step.prepares else ""
    say(console, f"{name}{why}:", indent="  ", style="dim")
    _verbatim(console, step.curl)
    say(console, "response:", indent="  ", style="dim")
    lines = step.received.split("\n")
    more = [f"... {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
    _verbatim(console, "\n".join([*lines[:_SHOWN_LINES], *more]))


def say(console: Console, text: str, *, indent: str = "", hang: int = 0, style: str = "") -> None:
    """Print prose, folded to the width of the console; further lines are `hang` columns deeper."""
    head = indent
    for line in Text(text, style=style).wrap(console, console.width - len(indent) - hang):
        line.rstrip()
        console.print(Text(head) + line, soft_wrap=True)
        head = indent + " " * hang


def _sum(console: Console, text: str, *, style: str = "") -> None:
    """A line of the end; in a file, where programs look for it, it is never folded."""
    if console.is_terminal:
        say(console, text, style=style)
    else:
        console.print(Text(text, style=style), soft_wrap=True)


def _verbatim(console: Console, text: str) -> None:
    """Lines to be copied: they are never folded."""
    for line in text.split("\n"):
        console.print(Text(f"    {line}"), soft_wrap=True)


def _not_checked(report: Report, console: Console) -> None:
    for reason, names in report.not_checked.items():
        console.print()
        say(console, f"NOT CHECKED, or only in part: {reason}", style="yellow")
        say(console, ", ".join(map(report.in_short, names)), indent="  ")


def _coverage(report: Report, console: Console) -> None:
    """What was exercised, and each documented part that was not."""
    console.print()
    say(console, f"exercised: {coverage(report)}")
    lacking: dict[str, list[str]] = {}
    for row in report.coverage:
        if row.documented and not row.times:
            shown = f"{row.name} = {row.value}" if row.value else row.name
            lacking.setdefault(PARTS[row.part], []).append(shown)
    for plural, names in lacking.items():
        say(console, f"not exercised, {plural}: {', '.join(names)}", indent="  ", style="yellow")


def _crashes(report: Report, console: Console) -> None:
    for crash in report.crashes:
        console.print()
        console.print(Text(f"THE FUZZER FAILED  in {crash.during}", style="bold red"))
        _verbatim(console, crash.trace)
    if report.crashes:
        say(console, BLAME, style="bold")
