"""What a reader of `docs/` on a code host finds in place of two made pages: each rule, each code.

Other pages link to their parts. `make docs` makes the full pages; `make generate` writes these
parts below what a person wrote, and `make check-generated` compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from drs_sync_policy import codes
from drs_sync_policy.contract import Contract
from tools.documents import CONTRACT, ROOT, read_document

DOCS = ROOT / "docs"
MARK: Final = "<!-- `make generate` writes what follows. -->\n"


def write() -> None:
    """Puts the parts as they are now in place of the committed ones."""
    for name in _MADE:
        (DOCS / name).write_text(_fresh(name), "utf-8")


def drift() -> Iterator[str]:
    """A line for each page that differs from the contract or the table of codes."""
    for name in _MADE:
        if (DOCS / name).read_text("utf-8") != _fresh(name):
            yield f"docs/{name} differs from what `make generate` writes"


def _fresh(name: str) -> str:
    by_hand = (DOCS / name).read_text("utf-8").partition(MARK)[0]
    return f"{by_hand.rstrip()}\n\n{MARK}\n{_MADE[name]()}\n"


def _rules() -> str:
    rules = Contract(read_document(CONTRACT)).rules
    return "\n\n".join(f"## {rule.id}\n\n{' '.join(rule.statement.split())}" for rule in rules)


def _codes() -> str:
    """A code with two statuses is there twice, and has its place at the first."""
    lines = ["| Code | Status | Text | What to do |", "|---|---|---|---|"]
    seen: set[str] = set()
    for row in codes.all_codes():
        place = "" if row.code in seen else f'<a id="{row.code.lower().replace(".", "-")}"></a>'
        seen.add(row.code)
        lines.append(f"| {place}`{row.code}` | {row.status} | `{row.en}` | {row.remedy} |")
    return "\n".join(lines)


_MADE: Final[dict[str, Callable[[], str]]] = {"rules.md": _rules, "errors.md": _codes}
