"""The comparison as Markdown: for a pull request, for a terminal, and for the changelog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from drs_sync_policy.text import counted
from tools.diff.change import NOBODY, Change, Level, needed_version, version_tuple

_HEADINGS: Final = {
    Level.BREAKING: "Breaking",
    Level.COMPATIBLE: "Compatible",
    Level.COSMETIC: "Cosmetic",
}


@frozen
class Report:
    """What changed since a contract, and whether `version` says so."""

    compared_with: str
    released: str
    version: str
    changes: Sequence[Change]
    python: Sequence[str] = ()
    broken: Sequence[str] = ()
    """Why editions no longer fit the base."""
    notes: Sequence[str] = ()
    """What is wrong with entries of `overrides/verdicts.yaml`."""
    unreleased: bool = False
    """Whether nothing was released yet, so that nobody can be hurt and the version may stay."""

    @property
    def needed(self) -> str:
        """The smallest version that these changes may carry."""
        return needed_version(self.released, self.changes)

    @property
    def python_breaking(self) -> bool:
        """Whether a caller of the generated client must change code."""
        return any(line.startswith("breaking: ") for line in self.python)

    @property
    def accepted(self) -> bool:
        """Whether `info.version` is large enough, and every edition fits."""
        return not self.broken and (self.large_enough or self.unreleased)

    @property
    def large_enough(self) -> bool:
        """Whether `info.version` is at least what the changes demand of a released contract."""
        return version_tuple(self.version) >= version_tuple(self.needed)


def markdown(report: Report) -> str:
    """The whole report."""
    lines = [f"# The contract since {report.compared_with}", "", verdict(report), ""]
    for level, heading in _HEADINGS.items():
        chosen = [change for change in report.changes if change.level is level]
        if chosen:
            lines += [f"## {heading}", "", *(_line(change) for change in chosen), ""]
    if report.broken:
        lines += [
            "## Editions that no longer fit",
            "",
            *(f"- {line}" for line in report.broken),
            "",
        ]
    if report.notes:
        lines += ["## Reviewed verdicts", "", *(f"- {line}" for line in report.notes), ""]
    if report.python:
        lines += ["## The generated Python client", "", _python_verdict(report), ""]
        lines += [*(f"- {line}" for line in report.python), ""]
    return "\n".join(lines)


def _python_verdict(report: Report) -> str:
    if report.python_breaking:
        return "Breaking: the package needs a new major version (before 1.0.0, a new minor one)."
    return "Compatible: callers need not change anything."


def verdict(report: Report) -> str:
    """One paragraph: how many changes of each kind, and whether the version fits them."""
    if not report.changes:
        counted = "Nothing changed that a reader, a client or an implementer would notice."
    else:
        counted = ", ".join(_count(report.changes)) + "."
    if report.unreleased:
        later = "" if report.large_enough else f"; after a release it would become {report.needed}"
        return (
            "No contract was released yet (docs/contract/ has none), so this compares with"
            f" {report.compared_with}, what is committed. {counted} Nobody can be hurt yet:"
            f" `info.version` {report.version} may stay{later}. To compare with another:"
            " make diff BASE=<commit or file>"
        )
    if report.large_enough:
        return f"{counted} `info.version` is {report.version}; it must be at least {report.needed}."
    return (
        f"{counted} **`info.version` is {report.version}, which is too small: "
        f"set it to {report.needed}** in `openapi.yaml`."
    )


def changelog(report: Report) -> str:
    """The lines of the changelog's "Contract" section, without its heading."""
    lines: list[str] = []
    for level, heading in _HEADINGS.items():
        chosen = [change for change in report.changes if change.level is level]
        if not chosen:
            continue
        lines += [f"- {report.version}, {heading.lower()}: {_said(change)}" for change in chosen]
    return "\n".join(lines)


def _count(changes: Sequence[Change]) -> Iterator[str]:
    for level, heading in _HEADINGS.items():
        number = sum(change.level is level for change in changes)
        if number:
            yield counted(number, f"{heading.lower()} change")


def _line(change: Change) -> str:
    hurts = "" if change.hurts == NOBODY else f" Hurts: {change.hurts}."
    direction = f"**{change.direction}**: " if change.direction else ""
    return f"- {direction}{_said(change)}{hurts}"


def _said(change: Change) -> str:
    return f"{change.place}: {change.what}"
