"""The report for programs: JSON, and annotations of GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import asdict

from drs_sync_policy.fuzz.report.github import annotation
from tools.diff.change import Change, Level
from tools.diff.report import Report, markdown, verdict
from tools.documents import CONTRACT


def as_json(report: Report) -> str:
    """The whole report; `changes` is sorted, the gravest first."""
    document: dict[str, Any] = {
        "compared_with": report.compared_with,
        "released": report.released,
        "version": report.version,
        "needed": report.needed,
        "accepted": report.accepted,
        "changes": [_change(change) for change in report.changes],
        "python": list(report.python),
        "python_breaking": report.python_breaking,
        "broken_editions": list(report.broken),
        "notes": list(report.notes),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _change(change: Change) -> dict[str, str]:
    return {**asdict(change), "level": change.level.name.lower()}


def as_github(report: Report) -> str:
    """One annotation of openapi.yaml for each change that matters, the verdict last."""
    lines = [
        _annotation("warning" if change.level is Level.BREAKING else "notice",
                    f"{change.level.name.lower()}: {change.place}", change.what)
        for change in report.changes
        if change.level is not Level.COSMETIC
    ]  # fmt: skip
    lines += [_annotation("error", "edition", reason) for reason in report.broken]
    lines += [_annotation("warning", "verdicts.yaml", note) for note in report.notes]
    end = "notice" if report.accepted else "error"
    return "\n".join([*lines, _annotation(end, "info.version", verdict(report))])


def _annotation(kind: str, title: str, text: str) -> str:
    return annotation(kind, text, file=CONTRACT.name, title=title)


FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "markdown": markdown,
    "json": as_json,
    "github": as_github,
}
