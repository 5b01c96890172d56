"""Takes out of the built site what no page needs: styles of the theme, and space between tags.

The theme has styles for everything that any site may show. PurgeCSS keeps those that the pages and
the scripts of this site name.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from tools.documents import ROOT
from tools.programs import node_environment, node_tool, run

_CONFIG: Final = ROOT / "tools" / "purgecss.config.mjs"
_STYLES: Final = Path("assets", "stylesheets", "modern")
_AS_IT_IS: Final = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.DOTALL)
_CSS_COMMENT: Final = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)


def write(site: Path) -> None:
    """Rewrites the pages of the guide and the styles of the theme in the folder of a site."""
    renamed = _purge(site)
    for page in (*site.glob("*.html"), *(site / "contract").rglob("*.html")):
        text = page.read_text("utf-8")
        for old, new in renamed.items():
            text = text.replace(old, new)
        page.write_text(collapsed(text), "utf-8")
    ours = site / "assets" / "guide.css"
    ours.write_text(_CSS_COMMENT.sub("", ours.read_text("utf-8")), "utf-8")


def _purge(site: Path) -> dict[str, str]:
    """The new name of each style sheet: a browser may keep a file for ever by its old name."""
    run([node_tool("purgecss"), "--config", str(_CONFIG)], cwd=site, env=node_environment())
    renamed = {}
    for sheet in sorted((site / _STYLES).glob("*.css")):
        name = re.sub(r"\.\w+(?=\.min\.css$)", f".{_digest(sheet)}", sheet.name)
        renamed[sheet.name] = sheet.rename(sheet.with_name(name)).name
    if not renamed:
        raise SystemExit("the theme's styles are in another folder: see tools/slim.py")
    return renamed


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def collapsed(page: str) -> str:
    """The page with one character for each run of white space, as a browser shows it.

    Comments go, too. Code, scripts and styles stay as they are.
    """
    # Three parts in turn: what is between, what stays as it is, and the name of its tag.
    parts = _AS_IT_IS.split(page)
    parts[::3] = (re.sub(r"\s*\n\s*|\s+", _one, _COMMENT.sub("", part)) for part in parts[::3])
    del parts[2::3]
    return "".join(parts).lstrip()


def _one(space: re.Match[str]) -> str:
    return "\n" if "\n" in space[0] else " "
