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
        yield f"::error title=drs-sync-policy::{_data(f'{headline(report)}: {report.reason}')}"
    for finding in report.findings:
        kind = "notice" if finding.waived else "error"
        yield f"::{kind} title={_property(finding.rule.id)}::{_data(finding.cause)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
