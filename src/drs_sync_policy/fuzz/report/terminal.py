"""The verdict on a terminal: a paragraph for each broken promise, then the sums."""

from __future__ import annotations

import textwrap
from typing import Final

from rich.console import Console
from rich.text import Text

from drs_sync_policy.fuzz.crash import BLAME
from drs_sync_policy.fuzz.report.model import Failure, Line, Telling

_SHOWN_FAILURES: Final = 3
_WIDTH: Final = 96
"""Columns of what is folded where nobody looks at a terminal."""
_NARROWEST: Final = 40


def show(telling: Telling, console: Console) -> None:
    """Print the verdict: whose it is and how the run ended come first."""
    page = _Page(console)
    page.say(f"Verdict on {telling.url}", style="bold")
    if telling.ending != "complete":
        page.say(f"No full verdict, {telling.ending}: {telling.reason}", style="bold")
    if telling.with_outcome("failed") and telling.preparation:
        page.say(telling.preparation)
    for line in telling.with_outcome("failed"):
        _paragraph(line, page)
    if not telling.is_empty:
        _unjudged(telling, page)
    _crashes(telling, console)
    for note in telling.notes:
        page.say(f"note: {note}", style="yellow")
    page.say(sums(telling) if telling.is_empty else summary(telling), style="bold")


class _Page:
    """A console with lines folded to its width; to a file they go as they are."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.width: int | None = None
        if console.is_terminal:
            self.width = max(_NARROWEST, console.width)

    def say(self, text: str, *, indent: str = "", hang: str = "", style: str = "") -> None:
        """A paragraph for each line of `text`, its further lines as deep as `indent` and `hang`."""
        for line in text.split("\n"):
            told = indent + line if self.width is None else _folded(line, self.width, indent, hang)
            self.console.print(Text(told, style=style), soft_wrap=True)

    def prose(self, text: str, *, indent: str) -> None:
        """A paragraph that is folded in files as well."""
        self.console.print(Text(_folded(text, self.width or _WIDTH, indent, "")), soft_wrap=True)

    def verbatim(self, text: str, *, style: str = "") -> None:
        """A text whose lines are to be copied: they are never folded."""
        self.console.print(Text(text, style=style), soft_wrap=True)


def _folded(text: str, width: int, indent: str, hang: str) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + hang,
        break_on_hyphens=False,
        break_long_words=False,
    )


def summary(telling: Telling) -> str:
    """The sums in one or two lines, and why they are no full verdict."""
    if telling.ending == "complete":
        return sums(telling)
    return f"{sums(telling)}\nThe run is no full verdict, {telling.ending}: {telling.reason}"


def sums(telling: Telling) -> str:
    """How many promises became what, in how many requests, and how to have the same again."""
    counted = ", ".join(
        f"{len(telling.with_outcome(outcome))} {outcome}"
        for outcome in ("failed", "waived", "passed", "not checked")
        if telling.with_outcome(outcome) or outcome in ("failed", "passed")
    )
    effort = f"{telling.requests} requests in {telling.seconds:.1f} s"
    return f"{len(telling.lines)} promises: {counted}; {effort} ({telling.again})"


def _paragraph(line: Line, page: _Page) -> None:
    page.verbatim("")
    page.say(f"FAILED  {line.rule.id}", style="bold red")
    page.prose(line.rule.statement, indent="  ")
    page.say(f"origin: {line.rule.origin} ({line.rule.source})", indent="  ", style="dim")
    if line.hint:
        page.say(f"hint: {line.hint}", indent="  ", style="yellow")
    for failure in line.failures[:_SHOWN_FAILURES]:
        _failure(failure, page)
    more = len(line.failures) - _SHOWN_FAILURES
    if more > 0:
        kinds = "kind" if more == 1 else "kinds"
        where = "the reports of --report have all"
        page.say(f"and {more} more {kinds} of it; {where}", indent="  ", style="dim")


def _failure(failure: Failure, page: _Page) -> None:
    repeats = f" ({failure.times} times)" if failure.times > 1 else ""
    page.verbatim("")
    for title, text in (
        ("case:     ", f"{failure.case}{repeats}"),
        ("expected: ", failure.expected),
        ("received: ", failure.received),
    ):
        page.say(f"{title}{text}", indent="  ", hang=" " * len(title))
    for number, step in enumerate(failure.steps, 1):
        title = f"request {number}" if len(failure.steps) > 1 else "request"
        what = f"{title}, which sets what is stored before:" if step.prepares else f"{title}:"
        page.say(what, indent="  ")
        page.verbatim(textwrap.indent(step.curl, "    "))
        page.say("response:", indent="  ")
        page.verbatim(textwrap.indent(step.received[:600], "    "))


def _unjudged(telling: Telling, page: _Page) -> None:
    unjudged = telling.with_outcome("not checked")
    _by_reason("NOT CHECKED", unjudged, page)
    in_part = [line for line in telling.with_outcome("passed") if line.reason]
    _by_reason("PASSED IN PART", in_part, page)


def _by_reason(title: str, lines: list[Line], page: _Page) -> None:
    """Promises with the reason that they share, each reason once."""
    reasons: dict[str, list[str]] = {}
    for line in lines:
        reasons.setdefault(line.reason, []).append(line.rule.id)
    if reasons:
        page.verbatim("")
        page.say(title, style="bold yellow")
    for reason, names in reasons.items():
        page.say(reason, indent="  ")
        page.prose(", ".join(names), indent="    ")


def _crashes(telling: Telling, console: Console) -> None:
    for crash in telling.crashes:
        console.print()
        console.print(Text(f"THE JUDGE FAILED  in {crash.during}", style="bold red"))
        console.print(Text(textwrap.indent(crash.trace, "  ")), soft_wrap=True)
    if telling.crashes:
        console.print(Text(BLAME, style="bold"))
