"""The verdict as one HTML page that needs nothing else: no script, no request leaves it."""

# ruff: noqa: E501 - tables read better in long lines
from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

from drs_sync_policy.fuzz.crash import BLAME
from drs_sync_policy.fuzz.report.model import Failure, Line, Telling
from drs_sync_policy.fuzz.report.terminal import summary
from drs_sync_policy.fuzz.verdict import RuleStatus

_OUTCOMES: Final[tuple[RuleStatus, ...]] = ("failed", "waived", "not checked", "passed")

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: light-dark(#f1f1f3, #26272b) }
html { background: light-dark(#fff, #17181b); color: light-dark(#1b1c1f, #e6e6e9) }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; overflow-wrap: anywhere }
a { color: light-dark(#1d4ed8, #9cc0ff) }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .35rem .6rem; border-top: 1px solid var(--line) }
pre { background: var(--soft); padding: .7rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere }
.o { font-weight: 600; white-space: nowrap }
.failed { color: light-dark(#b3261e, #ff9d94) } .passed { color: light-dark(#1f6b33, #7fd694) } .waived, .not { color: light-dark(#7a5200, #f0c060) }
article { border: 1px solid var(--line); border-left: 4px solid #c33; padding: .2rem 1rem 1rem; margin: 1.5rem 0 }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem 1rem } dt { font-weight: 600 } dd { margin: 0 }
mark { background: light-dark(#fbe9a0, #574600); color: inherit }
"""


def write(telling: Telling, path: Path) -> None:
    """Write the page."""
    path.write_text("".join(_page(telling)), encoding="utf-8", errors="backslashreplace")


def _page(telling: Telling) -> Iterator[str]:
    yield "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
    yield "<meta name='viewport' content='width=device-width'>"
    yield (
        "<meta http-equiv='Content-Security-Policy' "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )
    yield f"<title>Verdict on {escape(telling.url)}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>Verdict on {escape(telling.url)}</h1><p>{escape(summary(telling))}</p>"
    yield f"<p>Judged by the contract <em>{escape(telling.contract)}</em>.</p>"
    yield "".join(f"<p>Note: {escape(note)}</p>" for note in telling.notes)
    for crash in telling.crashes:
        yield f"<h2 class='failed'>The judge failed in {escape(crash.during)}</h2>"
        yield f"<p>{escape(BLAME)}</p><pre>{escape(crash.trace)}</pre>"
    if telling.preparation:
        yield f"<p>{escape(telling.preparation)}</p>"
    for line in (*telling.with_outcome("failed"), *telling.with_outcome("waived")):
        yield from _article(line)
    if not telling.is_empty:
        yield from _table(telling)
    yield "</body></html>\n"


def _table(telling: Telling) -> Iterator[str]:
    yield "<h2>Every promise</h2><table><thead><tr><th>outcome<th>promise<th>origin<th>checked</thead><tbody>"
    for outcome in _OUTCOMES:
        for line in telling.with_outcome(outcome):
            yield _row(line)
    yield "</tbody></table>"


def _row(line: Line) -> str:
    name = escape(line.rule.id)
    if line.failures:
        name = f"<a href='#{name}'>{name}</a>"
    reason = f"<br><em>{escape(line.reason)}</em>" if line.reason else ""
    return (
        f"<tr><td class='o {line.outcome}'>{line.outcome}<td>{name}<br>"
        f"{escape(line.rule.statement)}{reason}<td>{escape(line.rule.origin)}<td>{line.checked}</tr>"
    )


def _article(line: Line) -> Iterator[str]:
    rule = line.rule
    yield f"<article id='{escape(rule.id)}'><h2><span class='{line.outcome}'>{line.outcome}</span> "
    yield f"{escape(rule.id)}</h2><p>{escape(rule.statement)}</p>"
    yield f"<p>Origin: {escape(rule.origin)} ({escape(rule.source)})</p>"
    if line.hint:
        yield f"<p><strong>Hint:</strong> {escape(line.hint)}</p>"
    for failure in line.failures:
        yield from _failure(failure)
    yield "</article>"


def _failure(failure: Failure) -> Iterator[str]:
    repeats = f" ({failure.times} times)" if failure.times > 1 else ""
    yield f"<h3>{escape(failure.case)}{repeats}</h3><dl>"
    expected, received = marked(failure.expected, failure.received)
    yield f"<dt>expected<dd>{expected}<dt>received<dd>{received}</dl>"
    for step in failure.steps:
        if step.prepares:
            yield "<p>First, what sets what is stored before:</p>"
        yield f"<pre>{escape(step.curl)}</pre><pre>{escape(step.received)}</pre>"


def marked(expected: str, received: str) -> tuple[str, str]:
    """Both texts as HTML, what differs between them marked."""
    before = 0
    shortest = min(len(expected), len(received))
    while before < shortest and expected[before] == received[before]:
        before += 1
    after = 0
    while after < shortest - before and expected[-1 - after] == received[-1 - after]:
        after += 1
    return _mark(expected, before, after), _mark(received, before, after)


def _mark(text: str, before: int, after: int) -> str:
    middle = text[before : len(text) - after]
    end = text[len(text) - after :]
    return f"{escape(text[:before])}<mark>{escape(middle)}</mark>{escape(end)}"
