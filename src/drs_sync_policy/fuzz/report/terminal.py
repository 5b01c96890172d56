"""The verdict on a terminal: a paragraph for each broken promise, then the sums."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from drs_sync_policy.fuzz.crash import BLAME
from drs_sync_policy.fuzz.report.telling import Failure, Line, Telling

_SHOWN_FAILURES = 3


def show(telling: Telling, console: Console) -> None:
    """Print the verdict: whose it is and how the run ended come first."""
    console.print(Text(f"Verdict on {telling.url}", style="bold"))
    if telling.ending != "complete":
        console.print(Text(f"No full verdict, {telling.ending}: {telling.reason}", style="bold"))
    if telling.with_outcome("broken") and telling.preparation:
        console.print(Text(telling.preparation))
    for line in telling.with_outcome("broken"):
        _paragraph(line, console)
    _unjudged(telling, console)
    _crashes(telling, console)
    for note in telling.notes:
        console.print(Text(f"note: {note}", style="yellow"))
    console.print(Text(summary(telling), style="bold"))


def summary(telling: Telling) -> str:
    """The sums in one or two lines."""
    sums = ", ".join(
        f"{len(telling.with_outcome(outcome))} {outcome}"
        for outcome in ("broken", "waived", "kept", "not judged")
        if telling.with_outcome(outcome) or outcome in ("broken", "kept")
    )
    text = (
        f"{len(telling.lines)} promises: {sums}; {telling.calls} calls in {telling.seconds:.1f} s"
    )
    if telling.ending != "complete":
        text += f"\nThe run is no full verdict, {telling.ending}: {telling.reason}"
    return f"{text} ({telling.again})"


def _paragraph(line: Line, console: Console) -> None:
    console.print()
    console.print(Text(f"BROKEN  {line.rule.id}", style="bold red"))
    console.print(
        Text(textwrap.fill(line.rule.statement, 96, initial_indent="  ", subsequent_indent="  "))
    )
    console.print(Text(f"  origin: {line.rule.origin} ({line.rule.source})", style="dim"))
    if line.hint:
        console.print(Text(f"  hint: {line.hint}", style="yellow"), soft_wrap=True)
    for failure in line.failures[:_SHOWN_FAILURES]:
        for text in _failure(failure):
            console.print(Text(textwrap.indent(text, "  ")), soft_wrap=True)
    more = len(line.failures) - _SHOWN_FAILURES
    if more > 0:
        kinds = "kind" if more == 1 else "kinds"
        where = "the reports of --report have all"
        console.print(Text(f"  and {more} more {kinds} of it; {where}", style="dim"))


def _failure(failure: Failure) -> Iterator[str]:
    repeats = f" ({failure.times} times)" if failure.times > 1 else ""
    yield f"\ncase:     {failure.case}{repeats}"
    yield f"expected: {failure.expected}"
    yield f"received: {failure.received}"
    for number, step in enumerate(failure.steps, 1):
        title = f"call {number}" if len(failure.steps) > 1 else "call"
        yield f"{title}, which sets what is stored before:" if step.prepares else f"{title}:"
        yield textwrap.indent(step.curl, "  ")
        yield "answer:"
        yield textwrap.indent(step.received[:600], "  ")


def _unjudged(telling: Telling, console: Console) -> None:
    unjudged = telling.with_outcome("not judged")
    _by_reason("NOT JUDGED", unjudged, console)
    in_part = [line for line in telling.with_outcome("kept") if line.reason]
    _by_reason("KEPT IN PART", in_part, console)


def _by_reason(title: str, lines: list[Line], console: Console) -> None:
    """Promises with the reason that they share, each reason once."""
    reasons: dict[str, list[str]] = {}
    for line in lines:
        reasons.setdefault(line.reason, []).append(line.rule.id)
    if reasons:
        console.print()
        console.print(Text(title, style="bold yellow"))
    for reason, names in reasons.items():
        console.print(Text(f"  {reason}"), soft_wrap=True)
        console.print(
            Text(
                textwrap.fill(
                    ", ".join(names),
                    96,
                    initial_indent="    ",
                    subsequent_indent="    ",
                    break_on_hyphens=False,
                )
            )
        )


def _crashes(telling: Telling, console: Console) -> None:
    for crash in telling.crashes:
        console.print()
        console.print(Text(f"THE JUDGE FAILED  in {crash.during}", style="bold red"))
        console.print(Text(textwrap.indent(crash.trace, "  ")), soft_wrap=True)
    if telling.crashes:
        console.print(Text(BLAME, style="bold"))
