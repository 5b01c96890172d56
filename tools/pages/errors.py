"""The page of error codes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from drs_sync_policy import codes
from tools import rule_examples
from tools.pages.markdown import anchor, filtering, table
from tools.rule_examples import Step

HEAD: Final = ("Code, status", "Text", "What it means", "What to do")

SEEN: Final = {
    "table": "",
    "wild": "Not in the vendor's tables; seen in responses.",
    "clients": "Not in the vendor's tables; known from the code of public clients.",
}
LIKELY: Final = (
    "DRS.M00201", "DRS.M00202", "DRS.M00261", "DRS.M00304", "DRS.M05003",
    "APIGW.0301", "APIGW.0302", "APIGW.0308", "DRS.M01503", "DRS.M00004",
)  # fmt: skip
"""The codes that a user of this API meets first."""


def errors() -> str:
    """Every error code with both texts, what it means and what to do, and how to provoke it."""
    rows = codes.all_codes()
    provoked = _provoked()
    parts = [
        "# Error codes",
        (
            "This page explains what each error code means and what to do. In your program, "
            "compare `error_code`, never `error_msg`: the texts vary between editions and over "
            "time."
        ),
        filtering("Find a code"),
        "## The most likely codes",
        table(("Code", "Status", "Text", "What to do"), (_brief(row) for row in _likely(rows))),
        "## Codes of the service",
        (
            "A code can come with several HTTP statuses. Some statuses are unexpected: the service "
            "sends 403 for a wrong token and 401 for a missing permission. The English and Chinese "
            "texts are the vendor's, unless a translation is marked as ours. This project wrote "
            "the meanings and what to do. `%s` is the place of a detail that the server adds. In a "
            "terminal, `drs-sync-policy explain CODE` shows the same."
        ),
        table(HEAD, (_row(row, first=first) for row, first in _rows(rows, "service"))),
        "## Codes of the gateway",
        table(HEAD, (_row(row, first=first) for row, first in _rows(rows, "gateway"))),
        "## Get a code from the sandbox",
        (
            "Start [the sandbox](sandbox.md). It responds to these requests with the code. You can "
            "[plan](sandbox.md#control-routes) any other code, status or delay for the next "
            "request."
        ),
        *(_request(row.code, provoked[row.code]) for row in rows if row.code in provoked),
    ]
    return "\n\n".join(dict.fromkeys(parts)) + "\n"


def found_codes() -> Iterator[tuple[str, str, str]]:
    """Each code: the code, its English text, and where the page has it."""
    for row in codes.all_codes():
        yield row.code, row.en, anchor(row.code)


def _provoked() -> dict[str, Step]:
    """Of the codes that the sandbox sends by itself, a request that gets it."""
    found: dict[str, Step] = {}
    for example in rule_examples.shown().values():
        for step in example.steps if len(example.steps) == 1 else ():
            for code in re.findall(r'"error_code": "([^"]+)"', step.passes):
                known = found.get(code)
                if known is None or len(step.curl) < len(known.curl):
                    found[code] = step
    return found


def _request(code: str, step: Step) -> str:
    blocks = f"```sh\n{step.curl}\n```\n\n```{{ .text .no-copy .output }}\n{step.passes}\n```\n"
    return f'??? example "{code}"\n\n{textwrap.indent(blocks, "    ")}'


def _likely(rows: Iterable[codes.ErrorCode]) -> list[codes.ErrorCode]:
    return sorted((r for r in rows if r.code in LIKELY), key=lambda row: LIKELY.index(row.code))


def _brief(row: codes.ErrorCode) -> tuple[str, ...]:
    return f"[{row.code}](#{anchor(row.code)})", str(row.status), row.en, row.remedy


def _rows(rows: Iterable[codes.ErrorCode], issuer: str) -> Iterator[tuple[codes.ErrorCode, bool]]:
    """The rows of an issuer, those of one code together, and whether each is the code's first."""
    groups: dict[str, list[codes.ErrorCode]] = {}
    for row in rows:
        if row.issuer == issuer:
            groups.setdefault(row.code, []).append(row)
    for group in groups.values():
        yield from ((row, row is group[0]) for row in group)


def _row(row: codes.ErrorCode, *, first: bool) -> tuple[str, ...]:
    code = f"`{row.code}`"
    if first:
        # People copy a code as it is written, so that it is an anchor as it is written, too.
        code += f'{{ #{anchor(row.code)} }}<span id="{row.code}"></span>'
    seen = f" {SEEN[row.seen]}" if row.seen != "table" else ""
    texts = f"{row.en}\n{_chinese(row)}"
    return f"{code} {row.status}", texts, f"{row.meaning}{seen}", row.remedy


def _chinese(row: codes.ErrorCode) -> str:
    ours = " *(our translation)*" if row.zh_by == "ours" else ""
    return f'<span lang="zh-Hans">{row.zh}</span>{ours}'
