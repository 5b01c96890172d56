"""Findings as annotations of a GitHub Actions run."""

from __future__ import annotations

from collections.abc import Iterator

from drs_sync_policy.fuzz.report.model import Report
from drs_sync_policy.fuzz.report.wording import headline


def workflow_commands(report: Report) -> Iterator[str]:
    """An annotation for each finding: an error, or a notice if a waiver covers it.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    if not report.is_complete:
        yield annotation("error", f"{headline(report)}: {report.reason}", title="drs-sync-policy")
    for finding in report.findings:
        kind = "notice" if finding.waived else "error"
        yield annotation(kind, finding.cause, title=finding.rule.id)


def annotation(kind: str, text: str, **properties: str) -> str:
    """A workflow command, with what it cannot hold escaped."""
    shown = (
        f"{name}={_data(value).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in properties.items()
    )
    return f"::{kind} {','.join(shown)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
