"""The figures of a load as pictures: bars in SVG, each with its text, without a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

_WIDTH: Final = 640
_HEIGHT: Final = 120
_BARS: Final = 60


def over_time(per_second: Sequence[int]) -> str:
    """Requests a second, from the beginning to the end; empty for less than two seconds."""
    if len(per_second) < 2:
        return ""
    step = -(-len(per_second) // _BARS)
    groups = [per_second[start : start + step] for start in range(0, len(per_second), step)]
    heights = [sum(group) / len(group) for group in groups]
    title = "Requests a second, over time"
    text = f"{title}: from {min(heights):.0f} to {max(heights):.0f}"
    axes = ("0 s", f"{len(per_second)} s", f"{max(heights):.0f}")
    return "".join(_figure(title, text, heights, axes))


def latencies(found: Mapping[int, int], until: float) -> str:
    """How many requests took how long; those above `until` milliseconds are the last bar."""
    if not found:
        return ""
    step = max(-(-int(until) // _BARS), 1)
    heights = [0.0] * (int(until) // step + 2)
    for latency, number in found.items():
        heights[min(latency // step, len(heights) - 1)] += number
    title = "Latency: how many requests took how long"
    most = max(heights)
    place = heights.index(most)
    text = f"{title}: most often {place * step} to {(place + 1) * step} ms"
    axes = ("0 ms", f"{until:.0f} ms and more", f"{most:.0f}")
    return "".join(_figure(title, text, heights, axes))


def _figure(
    title: str, text: str, heights: Sequence[float], axes: tuple[str, str, str]
) -> Iterator[str]:
    first, last, most = axes
    wide, highest = _WIDTH / len(heights), max(*heights, 1)
    yield f"<figure><figcaption>{escape(title)}</figcaption>"
    yield f"<svg class='chart' viewBox='0 0 {_WIDTH} {_HEIGHT + 36}' role='img'"
    yield f" aria-label='{escape(text, quote=True)}'>"
    yield f"<text x='0' y='12'>{escape(most)}</text>"
    for place, height in enumerate(heights):
        tall = height / highest * _HEIGHT
        yield (
            f"<rect x='{place * wide:.1f}' y='{_HEIGHT + 18 - tall:.1f}'"
            f" width='{max(wide - 1, 0.5):.1f}' height='{tall:.1f}'/>"
        )
    yield f"<text x='0' y='{_HEIGHT + 33}'>{escape(first)}</text>"
    yield f"<text x='{_WIDTH}' y='{_HEIGHT + 33}' text-anchor='end'>{escape(last)}</text>"
    yield "</svg></figure>"
