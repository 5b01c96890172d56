"""What a site has besides its pages: `robots.txt`, `llms.txt` and a 404 page that leads on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

NOT_FOUND: Final = "<h1>404 - Not found</h1>"
ONWARD: Final = (
    ("index.html", "Start"),
    ("python.html", "Python client"),
    ("shell.html", "Command line"),
    ("reference/index.html", "API reference"),
    ("errors.html", "Error codes"),
)

Page = tuple[str, str, str]
"""A page of the site: where it is, its title, its description."""


def write(site: Path, pages: Sequence[Page], *, url: str | None) -> None:
    """Writes the files into the folder of a site that is published at `url`, if that is known."""
    (site / "robots.txt").write_text(_robots(url), "utf-8")
    (site / "llms.txt").write_text(_llms(pages, url or ""), "utf-8")
    missing = site / "404.html"
    text = missing.read_text("utf-8")
    if NOT_FOUND not in text:
        raise SystemExit("the theme's 404 page has another heading: see tools/meta.py")
    missing.write_text(text.replace(NOT_FOUND, _onward(url or "/")), "utf-8")


def _robots(url: str | None) -> str:
    sitemap = f"Sitemap: {url}sitemap.xml\n" if url else ""
    return f"User-agent: *\nAllow: /\n{sitemap}"


def _llms(pages: Sequence[Page], url: str) -> str:
    lines = ["# drs-sync-policy", ""]
    lines += [f"- [{title}]({url}{place}): {text}".rstrip(": ") for place, title, text in pages]
    lines.append(f"- [The contract]({url}reference/openapi.yaml): the OpenAPI document itself.")
    return "\n".join(lines) + "\n"


def _onward(url: str) -> str:
    base = urlsplit(url).path
    links = "".join(f'<li><a href="{base}{place}">{title}</a></li>' for place, title in ONWARD)
    return (
        "<h1>Page not found</h1><p>This address has no page. Search, or start here:</p>"
        f"<ul>{links}</ul>"
    )
