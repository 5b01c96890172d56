"""Bar charts of the docs: a table of measurements becomes a picture, the table folded below it.

In a page, a comment above a table says which columns to draw:

    <!-- bars: 1 job; 1000 jobs -->

The first number of a cell is the length of the bar. `(0.81-0.82)` behind it is its interval. A row
whose name is bold is ours and gets the accent colour. In a clone readers see the table alone. Each
chart is drawn twice: phones show the narrow one, with names above the bars.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from attrs import frozen

_TABLE: Final = re.compile(
    r"^<!-- bars: (?P<columns>[^\n]+) -->\n(?P<table>(?:^\|[^\n]*\n)+)", re.MULTILINE
)
_NUMBER: Final = re.compile(r"[\d.]+")
_INTERVAL: Final = re.compile(r"\(([\d.]+)-([\d.]+)\)")
BAR, GAP, VALUES = 20, 8, 64
LETTER, LINE = 8, 15
"""The room for one letter of 13 px in a wide system font, and for one line of them."""
STYLE: Final = (
    "svg.chart { color: #1a1a1e; font: 13px system-ui, sans-serif; max-width: 100%; height: auto; }"
    "svg.chart text { fill: currentColor; }"
    "svg.chart .bar { fill: currentColor; fill-opacity: .28; }"
    "svg.chart .ours { fill: #3f51b5; fill-opacity: .85; }"
    "svg.chart .interval { stroke: currentColor; stroke-width: 1.4; }"
)


@frozen
class Shape:
    """How wide a chart is, and where its bars begin: behind the names, or below them."""

    kind: str
    width: int
    names: int

    @property
    def letters(self) -> int:
        """How many letters a line of a name may have."""
        return ((self.names or self.width) - 8) // LETTER


WIDE: Final = Shape("chart wide", 720, 300)
NARROW: Final = Shape("chart narrow", 350, 0)


@frozen
class Bar:
    """One row of a chart; the interval is None where the table has none."""

    name: str
    value: float
    shown: str
    ours: bool = False
    interval: tuple[float, float] | None = None


def charted(text: str) -> str:
    """The page with a chart above each marked table; `ValueError` names an unknown column."""
    return _TABLE.sub(_chart, text)


def _chart(found: re.Match[str]) -> str:
    head, _, *rows = [_cells(line) for line in found["table"].splitlines()]
    figures: list[str] = []
    for wanted in found["columns"].split("; "):
        if wanted not in head:
            raise ValueError(f"the table has no column {wanted!r}; it has {', '.join(head)}")
        column = head.index(wanted)
        bars = [bar for row in rows if (bar := _bar(row[0], row[column]))]
        unit = re.sub(r" \(in brackets:[^)]*\)", "", head[0])
        title = (f"{unit}: {wanted}" if unit else wanted).replace("`", "")
        drawn = "\n".join(draw(title, bars, shape=shape) for shape in (WIDE, NARROW))
        figures.append(f"<figure>\n{drawn}\n</figure>")
    folded = (
        f'??? note "The figures as a table"\n\n{textwrap.indent(found["table"].rstrip(), "    ")}\n'
    )
    return "\n\n".join([*figures, folded])


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _bar(name: str, cell: str) -> Bar | None:
    number = _NUMBER.search(cell)
    if number is None:
        return None
    interval = _INTERVAL.search(cell)
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*`]", lambda link: link[1] or "", name)
    return Bar(
        plain,
        float(number[0]),
        number[0],
        ours="**" in name,
        interval=(float(interval[1]), float(interval[2])) if interval else None,
    )


def draw(title: str, bars: Sequence[Bar], *, shape: Shape = WIDE) -> str:
    """The SVG of one chart: a horizontal bar for each row, on a linear scale from zero."""
    longest = max(bar.interval[1] if bar.interval else bar.value for bar in bars) or 1.0
    scale = (shape.width - shape.names - VALUES) / longest
    names = [textwrap.wrap(bar.name, shape.letters) for bar in bars]
    # Next to its bar a name needs the room of the longest, above it its own.
    longest_name = max(map(len, names))
    rooms = [LINE * (longest_name if shape.names else len(name)) for name in names]
    rows = [GAP + (max(BAR, room) if shape.names else BAR + room + 3) for room in rooms]
    heads = textwrap.wrap(title, shape.width // LETTER)
    top = 8 + 18 * len(heads)
    height = top + 4 + sum(rows)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{shape.kind}" role="img"',
        f'viewBox="0 0 {shape.width} {height}" width="{shape.width}" height="{height}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
    ]
    for number, head in enumerate(heads):
        lines.append(f'<text x="0" y="{15 + 18 * number}" font-weight="600">{escape(head)}</text>')
    for bar, name, row in zip(bars, names, rows, strict=True):
        centre = (row - GAP) / 2 if shape.names else row - GAP - BAR / 2
        lines += _drawn(bar, name, top + centre, scale, shape)
        top += row
    return "\n".join([*lines, "</svg>"])


def _drawn(
    bar: Bar, name: Sequence[str], middle: float, scale: float, shape: Shape
) -> Iterator[str]:
    length = max(bar.value * scale, 1)
    top, start = middle - BAR / 2, shape.names
    kind = "bar ours" if bar.ours else "bar"
    end = start + length
    place = f'x="{start - 8}" text-anchor="end"' if shape.names else 'x="0"'
    last = middle + 4.5 + LINE * (len(name) - 1) / 2 if shape.names else top - 5
    for number, line in enumerate(reversed(name)):
        y = last - LINE * number
        yield f'<text class="name" {place} y="{y:g}">{escape(line)}</text>'
    size = f'width="{length:.1f}" height="{BAR}"'
    yield f'<rect class="{kind}" x="{start}" y="{top:g}" {size} rx="2"/>'
    if bar.interval and (bar.interval[1] - bar.interval[0]) * scale >= 1:
        low, high = (start + edge * scale for edge in bar.interval)
        end = max(end, high)
        yield (
            f'<path class="interval" fill="none" d="M{low:.1f} {middle - 4:g}v8M{low:.1f} '
            f'{middle:g}H{high:.1f}M{high:.1f} {middle - 4:g}v8"/>'
        )
    yield f'<text x="{end + 6:.1f}" y="{middle + 4.5:g}">{escape(bar.shown)}</text>'
