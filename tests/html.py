"""What a page of HTML makes a browser do, for tests."""

from __future__ import annotations

from html.parser import HTMLParser

# Elements that make a browser fetch, with the attribute that says what.
FETCHING = {
    "script": ("src",), "link": ("href",), "img": ("src", "srcset"), "iframe": ("src",),
    "source": ("src", "srcset"), "object": ("data",), "embed": ("src",), "video": ("src", "poster"),
    "audio": ("src",), "base": ("href",), "form": ("action",),
}  # fmt: skip
# Links that a browser follows only when its reader does.
RESTING = {"next", "prev", "canonical", "alternate", "license", "author"}


class Reader(HTMLParser):
    """Collects what a browser would fetch, the links, and the content security policy."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.policy: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if found.get("rel") not in RESTING:
            self.fetched += [found[name] for name in FETCHING.get(tag, ()) if found.get(name)]
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if found.get("http-equiv") == "Content-Security-Policy":
            parts = [part.split() for part in found["content"].split(";")]
            self.policy = {part[0]: part[1:] for part in parts if part}
