"""The page of error codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from drs_sync_policy import codes
from tools.pages.markdown import anchor, table

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
    """Every error code with both texts, what it means and what to do."""
    rows = codes.all_codes()
    parts = [
        "# Error codes",
        (
            "Look up what an error code means and what to do about it. Match on `error_code`, "
            "never on `error_msg`: the texts vary between editions and over time. A code may come "
            "with several HTTP statuses, and some statuses are unexpected: the service "
            "sends 403 for a wrong token and 401 for a missing permission."
        ),
        (
            "The English and Chinese texts are the vendor's, except where a translation is marked "
            "as ours. Meanings and remedies are ours. `%s` stands for a detail that the server "
            "fills in. In a terminal, `drs-sync-policy explain CODE` shows the same."
        ),
        "## The most likely codes",
        table(("Code", "Status", "Text"), (_brief(row) for row in _likely(rows))),
        "## Codes of the service",
        *(_code(group) for group in _by_code(rows, "service")),
        "## Codes of the gateway",
        *(_code(group) for group in _by_code(rows, "gateway")),
    ]
    return "\n\n".join(parts) + "\n"


def _likely(rows: Iterable[codes.ErrorCode]) -> list[codes.ErrorCode]:
    return sorted((r for r in rows if r.code in LIKELY), key=lambda row: LIKELY.index(row.code))


def _brief(row: codes.ErrorCode) -> tuple[str, str, str]:
    return f"[{row.code}](#{anchor(row.code)})", str(row.status), row.en


def _by_code(rows: Iterable[codes.ErrorCode], issuer: str) -> Iterator[list[codes.ErrorCode]]:
    groups: dict[str, list[codes.ErrorCode]] = {}
    for row in rows:
        if row.issuer == issuer:
            groups.setdefault(row.code, []).append(row)
    yield from groups.values()


def _code(rows: list[codes.ErrorCode]) -> str:
    code = rows[0].code
    texts = ((str(row.status), row.en, _chinese(row)) for row in rows)
    parts = [
        # People copy a code as it is written, so that it is an anchor as it is written, too.
        f'### {code}<span id="{code}"></span> {{ #{anchor(code)} }}',
        table(("Status", "English", "Chinese"), texts),
    ]
    for row in rows:
        case = f" (status {row.status}: {row.en})" if len(rows) > 1 else ""
        seen = f" {SEEN[row.seen]}" if row.seen != "table" else ""
        parts.append(f"**What it means{case}.** {row.meaning}{seen}")
        parts.append(f"**What to do.** {row.remedy}")
    return "\n\n".join(parts)


def _chinese(row: codes.ErrorCode) -> str:
    ours = " *(our translation)*" if row.zh_by == "ours" else ""
    return f'<span lang="zh-Hans">{row.zh}</span>{ours}'
