"""Markdown that several pages need."""

from __future__ import annotations

import re
from collections.abc import Iterable


def anchor(code: str) -> str:
    """The id of a code's heading, which other pages and messages link to."""
    return code.lower().replace(".", "-")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; a line break in a cell becomes `<br>`."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A bar separates cells, but not inside of code, where an escape would be shown."""
    parts = re.split(r"(`+.*?`+)", text.replace("\n", "<br>"))
    return "".join(p if p.startswith("`") else p.replace("|", "\\|") for p in parts)


def side_by_side(*blocks: tuple[str, str, str], kind: str) -> str:
    """Blocks next to each other, each with a title, what follows its fence, and its text."""
    columns = "\n\n".join(
        f"<div markdown>\n\n**{title}**\n\n```{{ {form} .no-copy }}\n{text}\n```\n\n</div>"
        for title, form, text in blocks
    )
    return f'<div class="pair {kind}" markdown>\n\n{columns}\n\n</div>'


def filtering(label: str, *, rows: bool = False) -> str:
    """A field that hides what does not have the typed words; without its script it is not shown.

    With `rows`, it is for all rows of all tables, and the heading of a row has its words, too.
    """
    data = " data-rows" if rows else ""
    return (
        f'<p class="filter"{data}><label>{label} <input class="filter" type="search"></label> '
        '<output></output></p>\n<script src="assets/filter.js" defer></script>'
    )
