"""The most common errors of YAML's syntax in plain words: PyYAML's own name its grammar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drs_sync_policy.cli.input.places import Place

_INDENT = (
    "the indentation of this line does not fit the lines around it,"
    ' or "- " is missing at its beginning'
)


def place_of(mark: Any) -> Place:
    """The place of a mark of PyYAML."""
    return Place(mark.line + 1, mark.column + 1)


def slip(error: Any, lines: Sequence[str], opened: Any) -> tuple[Place, str]:
    """Where the error behind a `MarkedYAMLError` is, and what it is, PyYAML's words last.

    `opened` is the mark of the innermost collection that has begun, None if none has.
    """
    own = " ".join(part for part in (error.problem, error.context) if part)
    if name := _without_colon(error, lines):
        return name, f'": " is missing after this name ({own})'
    mark, words = _slip(error, lines, opened)
    mark = mark or error.context_mark
    place = place_of(mark) if mark else Place(1, 1)
    return place, f"{words} ({own})" if words else own


def _without_colon(error: Any, lines: Sequence[str]) -> Place | None:
    """The name without a colon in the line before the one that PyYAML rejects, if there is one."""
    mark = error.problem_mark
    if not str(error.problem).startswith("mapping values") or not 0 < mark.line < len(lines):
        return None
    line = str(lines[mark.line - 1])
    name = line.lstrip(" -")
    if not name or ":" in name + str(lines[mark.line])[: mark.column]:
        return None
    return Place(mark.line, len(line) - len(name) + 1)


def _slip(error: Any, lines: Sequence[str], opened: Any) -> tuple[Any, str]:
    problem, context, mark = str(error.problem), str(error.context), error.problem_mark
    before = str(lines[mark.line])[: mark.column] if mark and mark.line < len(lines) else ""
    if r"'\t' that cannot start" in problem:
        return mark, "a tab is not allowed here: use spaces"
    if "quoted scalar" in context and "end of stream" in problem:
        return error.context_mark, "the quote that opens here is not closed"
    if context.startswith("while parsing a flow") and opened is not None:
        if "<stream end>" in problem:
            return opened, "the bracket that opens here is not closed"
        if problem.startswith("expected ','"):
            at = place_of(mark)
            missing = f"or a comma is missing before line {at.line}, column {at.column}"
            return opened, f"the bracket that opens here is not closed, {missing}"
    if "simple key" in context and "':'" in problem:
        return error.context_mark, 'this line has neither the ": " of a name nor a "- "'
    if problem.startswith("expected <block end>") and not before.strip():
        return mark, _INDENT
    if problem.startswith("mapping values are not allowed"):
        if ":" in before:
            return mark, 'a text with ": " in it must be in quotes'
        return mark, _INDENT
    return mark, ""
