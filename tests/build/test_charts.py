"""`tools/charts.py`: tables of measurements become pictures."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise

import pytest

from tools import charts
from tools.documents import ROOT

TABLE = """\
# Page

<!-- bars: a ratio -->
| what | ms | a ratio |
|---|---:|---:|
| raw | 10 | 1 |
| **ours** | 5 | **0.50** (0.40-0.60) |
| `other` | 40 | 4.00 (3.90-4.10) |
| nothing | – | – |

Text.
"""


def test_a_marked_table_becomes_a_chart_with_the_table_folded_below() -> None:
    """Bars are as long as their numbers say; ours has its own colour; the table stays."""
    page = charts.charted(TABLE)
    svg = page[page.index("<svg") : page.index("</svg>")]
    widths = [
        float(width) for width in re.findall(r'<rect class="bar[^"]*"[^>]* width="([\d.]+)"', svg)
    ]
    assert len(widths) == 3
    assert widths[1] == pytest.approx(widths[0] / 2, rel=0.01)
    assert widths[2] == pytest.approx(widths[0] * 4, rel=0.01)
    assert svg.count('class="bar ours"') == 1
    assert svg.count('class="interval"') == 2
    assert '??? note "The figures as a table"' in page
    assert "    | **ours** | 5 | **0.50** (0.40-0.60) |" in page
    assert page.endswith("Text.\n")


def test_a_phone_gets_a_chart_that_is_as_narrow_as_it_is() -> None:
    """Names stand above the bars, and a long title has lines: nothing is cut off at 350 pixels."""
    page = charts.charted(TABLE.replace("a ratio", "a ratio with a name that is long, (95 %)"))
    wide, narrow = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert 'class="chart wide"' in wide
    assert 'class="chart narrow"' in narrow
    titles = re.findall(r'font-weight="600">([^<]*)<', narrow)
    assert " ".join(titles) == "what: a ratio with a name that is long, (95 %)"
    assert len(titles) == 2
    ends = re.findall(r' x="([\d.]+)"[^>]*>([\d.]+)</text>', narrow)
    assert [text for _, text in ends] == ["1", "0.50", "4.00"]
    assert all(float(x) + 8 * len(text) <= charts.NARROW.width for x, text in ends)


def test_every_name_of_the_docs_fits_into_its_column() -> None:
    """A long name has several lines, and none of its letters is lost or left of the picture."""
    page = charts.charted((ROOT / "docs" / "performance.md").read_text("utf-8"))
    assert "…" not in page
    drawn = [*re.finditer(r'<svg[^>]*class="chart (\w+)".*?</svg>', page, re.DOTALL)]
    assert len(drawn) > 10
    for svg in drawn:
        names = re.findall(r'class="name" x="(\d+)"[^>]*>([^<]*)<', svg[0])
        room = {"wide": charts.WIDE.names - 8, "narrow": charts.NARROW.width}[svg[1]]
        assert all(charts.LETTER * len(unescape(name)) <= room for _, name in names)
        assert {int(x) for x, _ in names} == {room if svg[1] == "wide" else 0}
        # A line ends above the next: rows of two lines are higher.
        ys = sorted(map(float, re.findall(r'class="name"[^>]* y="([\d.]+)"', svg[0])))
        assert all(low - high >= charts.LINE for high, low in pairwise(ys))


def test_a_column_that_the_table_lacks_is_an_error() -> None:
    """It names the columns that there are."""
    with pytest.raises(ValueError, match="no column 'b'; it has what, ms, a ratio"):
        charts.charted(TABLE.replace("bars: a ratio", "bars: b"))


def test_other_tables_stay_as_they_are() -> None:
    """Only a marked table is a chart."""
    plain = TABLE.replace("<!-- bars: a ratio -->\n", "")
    assert charts.charted(plain) == plain
