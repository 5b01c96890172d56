"""Names in the cells of tables, for phones: there each row is a block, without the table's head.

The style sheet shows `data-label` before the content of a cell. A first cell names its row and has
no label. A name that links lead to is a link to itself, so that a reader can copy its address.

A short name does not break in the middle; a longer one may.

Plain names in code lose their markup, which has no colour of its own and makes long pages heavy.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_TABLE: Final = re.compile(r"<table>.*?</table>", re.DOTALL)
_HEAD: Final = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_ROW: Final = re.compile(r"<tr>.*?</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<td\b")
_PLAIN: Final = re.compile(r'<span class="(?:[nwp]|p-Indicator)">([^<]*)</span>')
_SHORT: Final = re.compile(r"<code>([\w.-]{1,24})</code>")
_PLACE: Final = re.compile(r'<code id="([^"]+)">.*?</code>')


def write(site: Path) -> None:
    """Labels the tables of each page of the site."""
    for page in sorted(site.glob("**/*.html")):
        text = page.read_text("utf-8")
        if (labeled := _PLAIN.sub(r"\1", _TABLE.sub(_labeled, text))) != text:
            page.write_text(labeled, "utf-8")


def _labeled(table: re.Match[str]) -> str:
    names = [re.sub(r"<[^>]*>", "", name).strip() for name in _HEAD.findall(table[0])]

    def row(found: re.Match[str]) -> str:
        following = iter(["", *names[1:]])

        def cell(_: re.Match[str]) -> str:
            name = next(following, "").replace('"', "&quot;")
            return f'<td data-label="{name}"' if name else "<td"

        linked = _PLACE.sub(r'<a class="place" href="#\1">\g<0></a>', found[0])
        return _CELL.sub(cell, _SHORT.sub(r'<code class="short">\1</code>', linked))

    return _ROW.sub(row, table[0])
