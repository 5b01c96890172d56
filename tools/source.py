"""The source of each public module as a page, for the links of the Python reference."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tools.documents import ROOT

FOLDER: Final = "source"
ROOTS: Final = (ROOT / "src", ROOT / "generated")
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name}</title>
<link rel="icon" href="{up}assets/favicon.svg">
<style>
body {{ margin: 1rem; font: .85rem/1.5 ui-monospace, monospace; }}
pre {{ overflow-x: auto; }} pre a {{ color: inherit; text-decoration: none; }}
:target {{ background: #fff3b0; color: #000; }}
{light}
@media (prefers-color-scheme: dark) {{ {dark} }}
</style>
</head>
<body>
<p><a href="{up}api.html">&larr; Python reference</a> {name}</p>
<main>{code}</main>
</body>
</html>
"""


def place(file: Path, line: int) -> str | None:
    """Where the site shows a line of a module; None for a file that is none of ours."""
    relative = _relative(file)
    return f"{FOLDER}/{relative.with_suffix('.html').as_posix()}#L-{line}" if relative else None


def write(site: Path, files: Iterable[Path]) -> None:
    """Writes a page for each of the modules below the folder `site`."""
    formatter = HtmlFormatter[str](lineanchors="L", linenos="inline", anchorlinenos=True)
    styles = (
        HtmlFormatter[str](style=style).get_style_defs(".highlight")
        for style in ("default", "github-dark")
    )
    light, dark = styles
    for file in sorted(set(files)):
        relative = _relative(file)
        if relative is None:
            continue
        target = site / FOLDER / relative.with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            _PAGE.format(
                name=relative.as_posix(),
                up="../" * (len(relative.parts)),
                code=highlight(file.read_text("utf-8"), PythonLexer(), formatter),
                light=light,
                dark=dark,
            ),
            "utf-8",
        )


def _relative(file: Path) -> Path | None:
    return next((file.relative_to(root) for root in ROOTS if file.is_relative_to(root)), None)
