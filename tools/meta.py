"""What a site has besides its pages: `robots.txt`, `llms.txt` and a 404 page that leads on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

NOT_FOUND: Final = "<h1>404 - Not found</h1>"
ONWARD: Final = (
    ("index.html", "Start", "what this is, and a first policy in 60 seconds"),
    ("python.html", "Python client", "set policies from Python"),
    ("shell.html", "Command line", "set policies from a shell"),
    ("reference/index.html", "API reference", "the operation, with its fields and examples"),
    ("errors.html", "Error codes", "what a code means and what to do"),
    ("troubleshooting.html", "Troubleshooting", "symptoms, causes and what to do"),
)
_NEAREST: Final = """<script>
// The page whose name is most like the last part of the address.
(() => {
  const pairs = (text) => new Set([...text].slice(1).map((c, n) => text[n] + c));
  const asked = location.pathname.split("/").filter(Boolean).pop() || "";
  const wanted = pairs(asked.replace(/\\.\\w+$/, "").toLowerCase());
  const rated = PAGES.map(([place, title]) => {
    const all = pairs(place.replace(/\\.html$/, "").toLowerCase());
    const common = [...all].filter((pair) => wanted.has(pair)).length;
    return [(2 * common) / (all.size + wanted.size || 1), place, title];
  }).sort((one, other) => other[0] - one[0]);
  if (rated[0][0] < 0.5) return;
  const link = Object.assign(document.createElement("a"), { href: BASE + rated[0][1] });
  link.textContent = rated[0][2];
  document.getElementById("nearest").append("Did you mean ", link, "?");
})();
</script>"""
"""A suggestion on the 404 page."""

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
    missing.write_text(text.replace(NOT_FOUND, _onward(pages, url or "/")), "utf-8")


def _robots(url: str | None) -> str:
    sitemap = f"Sitemap: {url}sitemap.xml\n" if url else ""
    return f"User-agent: *\nAllow: /\n{sitemap}"


def _llms(pages: Sequence[Page], url: str) -> str:
    lines = ["# drs-sync-policy", ""]
    lines += [f"- [{title}]({url}{place}): {text}".rstrip(": ") for place, title, text in pages]
    lines.append(f"- [The contract]({url}reference/openapi.yaml): the OpenAPI document itself.")
    return "\n".join(lines) + "\n"


def _onward(pages: Sequence[Page], url: str) -> str:
    base = urlsplit(url).path
    links = "".join(
        f'<li><a href="{base}{place}">{title}</a>: {text}</li>' for place, title, text in ONWARD
    )
    known = json.dumps([[place, title] for place, title, _ in pages])
    script = _NEAREST.replace("BASE", json.dumps(base)).replace("PAGES", known)
    return (
        '<h1>Page not found</h1><p id="nearest"></p>'
        '<p>This address has no page. <button type="button" class="md-button" onclick="'
        "document.querySelector('.md-search__button').click()\">Search the site</button></p>"
        f"<p>Or start here:</p><ul>{links}</ul>{script}"
    )
