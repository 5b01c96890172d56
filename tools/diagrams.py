"""Draws the diagrams of the docs: each `docs/diagrams/NAME.toml` becomes `docs/diagrams/NAME.svg`.

A diagram whose boxes have a place `phone` is drawn twice: `NAME-phone.svg` is two boxes wide.

python -m tools.diagrams    writes the SVG files; a test fails if a committed file is stale

A source has a `title`, a `description`, `[[box]]` (`id`, `at = [column, row]`, `lines`,
optional `phone`, `wide` and `main`), `[[arrow]]` (`from`, `to`, optional `label` and `both`) and
`[[row]]` (`at`, `text`, optional `phone`). The colours are those of the page: `currentColor`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "diagrams"
COLUMN, ROW, WIDTH, MARGIN, LINE = 200, 102, 168, 2, 18
STYLE: Final = """\
svg.diagram { color: #1a1a1e; font: 13px system-ui, sans-serif; max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) { svg.diagram { color: #e6e6ec; } }
svg.diagram text { fill: currentColor; text-anchor: middle; }
svg.diagram .name { font-weight: 600; }
svg.diagram .label { font-size: 12px; }
svg.diagram .title { font-weight: 600; text-anchor: start; }
svg.diagram rect { fill: currentColor; fill-opacity: .06; stroke: currentColor; }
svg.diagram .main rect { fill-opacity: .14; stroke-width: 2; }
svg.diagram line { stroke: currentColor; stroke-width: 1.4; }
svg.diagram .head { fill: currentColor; }"""

HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" class="diagram" viewBox="0 0 {width} {height}" '
    'width="{width}" height="{height}" role="img" aria-labelledby="{name}-title {name}-text">'
)
MARKER: Final = (
    '<marker id="{name}-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
    'markerHeight="8" orient="auto-start-reverse">'
    '<path class="head" d="M0 0L8 4L0 8z"/></marker>'
)

Json = dict[str, Any]
Box = tuple[float, float, float, float]
"""The centre of a box, half of its width and half of its height."""


def draw(source: Json, *, name: str) -> str:
    """The SVG of a diagram; it needs no script, no font and no other file."""
    boxes = {box["id"]: _place(box) for box in source["box"]}
    width = max(x + w for x, _, w, _ in boxes.values()) + MARGIN
    height = max(y + h for _, y, _, h in boxes.values()) + MARGIN
    lines = [
        HEAD.format(name=name, width=f"{width:g}", height=f"{height:g}"),
        f'<title id="{name}-title">{escape(source["title"])}</title>',
        f'<desc id="{name}-text">{escape(source["description"])}</desc>',
        f"<style>{STYLE}</style>",
        MARKER.format(name=name),
    ]
    for arrow in source.get("arrow", ()):
        lines += _arrow(boxes[arrow["from"]], boxes[arrow["to"]], arrow, name)
    for box in source["box"]:
        lines += _box(box, boxes[box["id"]])
    for row in source.get("row", ()):
        x, y = MARGIN + row["at"][0] * COLUMN, MARGIN + 12 + row["at"][1] * ROW
        lines.append(f'<text class="title" x="{x:g}" y="{y:g}">{escape(row["text"])}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _place(box: Json) -> Box:
    column, row = box["at"]
    width = WIDTH + (box.get("wide", 1) - 1) * COLUMN
    height = 20 + LINE * len(box["lines"])
    x = MARGIN + WIDTH / 2 + column * COLUMN + (width - WIDTH) / 2
    return x, MARGIN + 37 + row * ROW, width / 2, height / 2


def _box(box: Json, place: Box) -> Iterator[str]:
    x, y, w, h = place
    yield '<g class="main">' if box.get("main") else "<g>"
    yield f'<rect x="{x - w:g}" y="{y - h:g}" width="{2 * w:g}" height="{2 * h:g}" rx="6"/>'
    for number, text in enumerate(box["lines"]):
        kind = ' class="name"' if number == 0 else ""
        yield f'<text{kind} x="{x:g}" y="{y - h + 23 + LINE * number:g}">{escape(text)}</text>'
    yield "</g>"


def _arrow(start: Box, end: Box, arrow: Json, name: str) -> Iterator[str]:
    (x1, y1), (x2, y2) = _edge(start, end), _edge(end, start)
    both = f' marker-start="url(#{name}-head)"' if arrow.get("both") else ""
    yield (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        f' marker-end="url(#{name}-head)"{both}/>'
    )
    if label := arrow.get("label"):
        dx, dy = arrow.get("shift", [0, -6])
        x, y = (x1 + x2) / 2 + dx, (y1 + y2) / 2 + dy
        yield f'<text class="label" x="{x:.1f}" y="{y:.1f}">{escape(label)}</text>'


def _edge(box: Box, other: Box) -> tuple[float, float]:
    """Where the line from the centre of a box to that of another leaves the box."""
    x, y, w, h = box
    dx, dy = other[0] - x, other[1] - y
    low, high = max(x - w, other[0] - other[2]), min(x + w, other[0] + other[2])
    if abs(dy) > h and high - low > 24:  # one above the other: straight down
        return (low + high) / 2, y + h * (1 if dy > 0 else -1)
    scale = min(w / abs(dx) if dx else 9e9, h / abs(dy) if dy else 9e9)
    return x + dx * scale, y + dy * scale


def _drawn() -> Iterator[tuple[Path, str]]:
    for path in sorted(FOLDER.glob("*.toml")):
        source = tomllib.loads(path.read_text("utf-8"))
        yield path.with_suffix(".svg"), draw(source, name=path.stem)
        if "phone" in source["box"][0]:
            narrow = f"{path.stem}-phone"
            yield path.with_name(f"{narrow}.svg"), draw(_narrow(source), name=narrow)


def _narrow(source: Json) -> Json:
    """The diagram with every box and every name of a row in its place on a phone."""
    moved = {
        kind: [{**part, "at": part["phone"]} for part in source.get(kind, ())]
        for kind in ("box", "row")
    }
    return {**source, **moved}


def stale() -> list[str]:
    """The names of the committed files that differ from what their sources give."""
    return [
        path.name for path, svg in _drawn() if not path.exists() or path.read_text("utf-8") != svg
    ]


if __name__ == "__main__":
    for path, svg in _drawn():
        path.write_text(svg, "utf-8")
