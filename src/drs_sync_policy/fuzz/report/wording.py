"""The sentences that terminal, HTML page and JUnit share: verdict, counts, results by reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drs_sync_policy.fuzz.coverage import MOST_ITEMS, PARTS
from drs_sync_policy.fuzz.figures import Figures
from drs_sync_policy.fuzz.report.model import Report
from drs_sync_policy.text import counted

COUNTED: Final = (
    "Requests count by what they send, valid or not; responses by what they contain. Of a longer"
    f" list, {MOST_ITEMS} items count."
)
"""How the parts of the contract are counted."""


def headline(report: Report) -> str:
    """The verdict in a few words."""
    found = len(report.failing)
    findings = counted(found, "finding") if found else "No findings"
    if report.is_complete:
        return findings
    return f"Incomplete verdict, {findings.lower()}" if found else "Incomplete verdict"


def counts(report: Report) -> str:
    """How many rules have which result."""
    recorded = any(line.recorded for line in report.rules)
    in_part = "passed for what was recorded" if recorded else "passed in part"
    found = report.counts
    shown = [
        f"{found[kind]} {in_part if kind == 'in part' else kind}"
        for kind in ("failed", "waived", "passed", "in part", "not checked", "not applicable")
        if found[kind] or kind in ("failed", "passed")
    ]
    return f"{counted(len(report.rules), 'rule')}: {', '.join(shown)}"


def coverage(report: Report) -> str:
    """How much of the contract was exercised, by the kind of its parts."""
    shown: list[str] = []
    for part, plural in PARTS.items():
        documented = [row for row in report.coverage if row.part == part and row.documented]
        number = sum(row.times > 0 for row in documented)
        if documented:
            shown.append(f"{number} of {counted(len(documented), part, plural)}")
    return ", ".join(shown)


def effort(report: Report) -> str:
    """How much was sent, and in which time."""
    rate = report.requests / report.seconds if report.seconds else 0
    return f"{counted(report.requests, 'request')} in {report.seconds:.1f} s ({rate:,.0f} a second)"


def load(figures: Figures) -> str:
    """The most important figures of a load."""
    total, limit = figures.total, f", at most {figures.rate:g} a second" if figures.rate else ""
    return (
        f"{counted(figures.users, 'user')} in {counted(figures.workers, 'process', 'processes')}"
        f"{limit}: {counted(total.requests, 'request')}, {figures.throughput:,.0f} a second,"
        f" {total.error_share:.2%} errors; median {total.median:.0f} ms,"
        f" 95 % within {total.p95:.0f} ms, 99 % within {total.p99:.0f} ms"
    )


def checked(figures: Figures) -> Iterator[str]:
    """Which share of the responses was checked."""
    for share in figures.shares:
        part = share.checked / share.responses if share.responses else 0.0
        numbers = f"{share.checked:,} of {counted(share.responses, 'response')} checked"
        missed = f"; {share.missed:,} more not checked in time" if share.missed else ""
        yield f"{share.name}: {numbers} ({part:.1%}){missed}"
