"""The verdict as one HTML page that needs nothing else: no script, no request leaves it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from typing import Final

from drs_sync_policy.fuzz.crash import BLAME
from drs_sync_policy.fuzz.figures import Figures
from drs_sync_policy.fuzz.report import charts
from drs_sync_policy.fuzz.report.differences import Parts, compared
from drs_sync_policy.fuzz.report.model import Report, RuleLine, ShownFinding
from drs_sync_policy.fuzz.report.wording import (
    COUNTED,
    checked,
    counts,
    coverage,
    effort,
    headline,
    load,
)
from drs_sync_policy.text import counted

_CODE: Final = re.compile(r"`([^`]+)`")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report) -> str:
    """The page."""
    return "".join(_page(report))


def _page(report: Report) -> Iterator[str]:
    style = files("drs_sync_policy.fuzz.report").joinpath("report.css").read_text("utf-8")
    title = f"{headline(report)}: {report.url}"
    yield (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<meta http-equiv='Content-Security-Policy' content=\"{_POLICY}\">"
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>"
    )
    yield from _summary(report)
    if report.figures:
        yield from _load(report.figures)
    if report.findings:
        yield "<h2>Details</h2>"
        if report.preparation:
            yield f"<p class='quiet'>{prose(report.preparation)}</p>"
    for number, finding in enumerate(report.findings, 1):
        yield from _finding(finding, number, report.docs)
    for crash in report.crashes:
        yield f"<h2 class='failed'>The fuzzer failed in {escape(crash.during)}</h2>"
        yield f"<p>{escape(BLAME)}</p><pre>{escape(crash.trace)}</pre>"
    if not report.is_empty:
        yield from _coverage(report)
    yield from _run(report)
    yield "</main></body></html>\n"


def _summary(report: Report) -> Iterator[str]:
    failed = "failed" if report.failing or not report.is_complete else "passed"
    yield f"<h1 class='{failed}'>{escape(headline(report))}</h1>"
    if not report.is_complete:
        yield f"<p>{escape(report.ending.capitalize())}: {prose(report.reason)}</p>"
    yield f"<p>on <strong>{escape(report.url)}</strong>, checked by {escape(report.contract)}</p>"
    if not report.is_empty:
        yield f"<div class='bar' role='img' aria-label='{escape(counts(report))}'>"
        for kind, number in _shares(report):
            yield f"<i class='{kind}' style='flex:{number}'></i>" if number else ""
        yield f"</div><p>{escape(counts(report))}.</p>"
    if report.findings:
        yield "<h2>Findings</h2><ol class='list'>"
        for number, finding in enumerate(report.findings, 1):
            yield f"<li><a href='#finding-{number}'>{escape(finding.rule.id)}</a>"
            yield f"{_waived(finding)} {prose(finding.cause)}</li>"
        yield "</ol>"
    yield from (f"<p class='quiet'>Note: {prose(note)}</p>" for note in report.notes)


def _load(figures: Figures) -> Iterator[str]:
    yield f"<h2>Load</h2><p>{escape(load(figures))}.</p><ul>"
    yield from (f"<li>{escape(line)}</li>" for line in checked(figures))
    yield "</ul>"
    yield charts.over_time(figures.per_second)
    yield charts.latencies(figures.latencies, figures.total.p99)
    yield "<table><thead><tr><th>requests<th>number<th>errors"
    yield "<th>median<th>95 %<th>99 %<th>longest</thead><tbody>"
    for group in (*figures.groups, figures.total):
        yield f"<tr><td>{escape(group.name)}<td>{group.requests}<td>{group.error_share:.2%}"
        for latency in (group.median, group.p95, group.p99, group.longest):
            yield f"<td>{latency:.0f} ms"
        yield "</tr>"
    yield "</tbody></table>"
    if figures.errors:
        yield "<table><thead><tr><th>error<th>number<th>share of all requests</thead><tbody>"
        for error, number in figures.errors.items():
            share = number / figures.total.requests
            yield f"<tr><td>{escape(error)}<td>{number}<td>{share:.2%}</tr>"
        yield "</tbody></table>"


def _shares(report: Report) -> Iterator[tuple[str, int]]:
    found = report.counts
    yield from ((kind, found[kind]) for kind in ("failed", "waived", "passed"))
    yield "part", found["in part"]
    # What was not checked is the background of the bar.
    yield "rest", found["not checked"] + found["not applicable"]


def _waived(finding: ShownFinding) -> str:
    return " <span class='label'>waived</span>" if finding.waived else ""


def _finding(finding: ShownFinding, number: int, docs: str) -> Iterator[str]:
    covered = " covered" if finding.waived else ""
    label = f" <span class='label'>{escape(finding.label)}</span>" if finding.label else ""
    yield f"<details class='finding{covered}' id='finding-{number}'>"
    yield f"<summary><strong>{escape(finding.rule.id)}</strong>{label}{_waived(finding)}"
    yield "</summary>"
    yield f"<p><a href='#rule-{escape(finding.rule.id)}'>Rule</a>: {prose(finding.rule.statement)}"
    yield f" <span class='quiet'>({escape(finding.rule.origin)})</span>"
    if docs:
        address = f"{docs}rules.html#{finding.rule.id}"
        yield f" <a href='{escape(address)}'>In the docs, with examples</a>"
    yield "</p>"
    if finding.hint:
        yield f"<p class='waived'>Hint: {prose(finding.hint)}</p>"
    example = finding.example
    expected, received = compared(
        *(_CODE.sub(r"\1", text) for text in (example.expected, example.received))
    )
    yield f"<h3>{prose(example.case)}</h3>"
    yield f"<div class='pair'><div class='good'><b>expected</b>{_marked(expected)}</div>"
    yield f"<div class='bad'><b>received</b>{_marked(received)}</div></div>"
    several = len(example.steps) > 1
    for place, step in enumerate(example.steps, 1):
        name = f"Request {place}" if several else "Request"
        why = ", which sets what is stored before" if step.prepares else ""
        yield f"<p class='quiet'>{name}{why}</p><pre>{escape(step.curl)}</pre>"
        yield f"<p class='quiet'>Response</p><pre>{escape(step.received)}</pre>"
    yield from _more(finding)
    yield "</details>"


def _more(finding: ShownFinding) -> Iterator[str]:
    if finding.times > 1:
        yield f"<p class='quiet'>Seen {counted(finding.times, 'time')}.</p>"
    if finding.also_with:
        cases = "; ".join(map(prose, finding.also_with[:5]))
        rest = len(finding.also_with) - 5
        more = f"; and {counted(rest, 'more case')}" if rest > 0 else ""
        yield f"<p>Also with {cases}{more}.</p>"
    if finding.also_fails:
        yield f"<p>Because of it also fails: {_rules(finding.also_fails)}.</p>"
    if finding.not_checked:
        yield f"<p>Because of it could not be checked: {_rules(finding.not_checked)}.</p>"


def _rules(names: Iterable[str]) -> str:
    return ", ".join(f"<a href='#rule-{escape(name)}'>{escape(name)}</a>" for name in names)


def _marked(parts: Parts) -> str:
    before, middle, after = map(escape, parts)
    is_part = middle and (before or after)
    return f"{before}<mark>{middle}</mark>{after}" if is_part else before + middle + after


def _coverage(report: Report) -> Iterator[str]:
    if report.advice or report.not_checked:
        yield "<h2>What was not checked</h2>"
    if report.advice:
        yield "<p>To check more:</p><ul>"
        yield from (f"<li>{prose(entry)}</li>" for entry in report.advice)
        yield "</ul>"
    if report.not_checked:
        number = sum(map(len, report.not_checked.values()))
        yield f"<details><summary>{counted(number, 'rule')} not checked, or only in part</summary>"
        for reason, names in report.not_checked.items():
            yield f"<p>{prose(reason)}:<br>{_rules(names)}</p>"
        yield "</details>"
    yield f"<h2>Rules</h2><details><summary>All {counted(len(report.rules), 'rule')}</summary>"
    yield "<table><thead><tr><th>result<th>rule<th>origin<th>checks</thead><tbody>"
    order = ("failed", "waived", "not checked", "passed", "not applicable")
    yield from map(_row, sorted(report.rules, key=lambda line: order.index(line.status)))
    yield "</tbody></table></details>"
    yield from _exercised(report)


def _exercised(report: Report) -> Iterator[str]:
    yield f"<h2>What was exercised</h2><details><summary>{coverage(report)}</summary>"
    yield "<table><thead><tr><th>part of the contract<th>name<th>value<th>times</thead><tbody>"
    for row in report.coverage:
        kind = "" if row.times or not row.documented else " class='waived'"
        yield f"<tr><td>{row.part}<td><code>{escape(row.name)}</code>"
        yield f"<td><code>{escape(row.value)}</code><td{kind}>{row.times:,}</tr>"
    yield f"</tbody></table><p class='quiet'>{escape(COUNTED)}</p></details>"


def _row(line: RuleLine) -> str:
    reason = f"<br><span class='quiet'>{prose(line.reason)}</span>" if line.reason else ""
    name = escape(line.rule.id)
    kind = "part" if line.in_part else line.status
    return (
        f"<tr id='rule-{name}'><td class='{kind}'>{line.result}<td><code>{name}</code><br>"
        f"{prose(line.rule.statement)}{reason}<td>{escape(line.rule.origin)}: "
        f"{prose(line.rule.source)}<td>{line.cases}</tr>"
    )


def _run(report: Report) -> Iterator[str]:
    yield "<h2>This run</h2><dl>"
    absent = ", ".join(f"<code>{escape(entry.part)}</code>" for entry in report.missing)
    for name, value in (
        ("repeat it", f"<code>{escape(report.command)}</code>" if report.command else ""),
        ("date", f"{report.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("effort", escape(effort(report))),
        *([] if report.seed is None else [("seed", str(report.seed))]),
        ("tool", escape(report.tool)),
        ("contract", f"{escape(report.contract)}, sha256 <code>{report.contract_sha256}</code>"),
        ("not in the profile", absent),
        ("policies restored", escape(", ".join(report.restored))),
    ):
        yield f"<dt>{name}</dt><dd>{value}</dd>" if value else ""
    yield "</dl>"


def prose(text: str) -> str:
    """`text` as HTML: what is in backticks is code, so that no reader sees a backtick."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
