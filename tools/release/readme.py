"""What a package index shows: the README, with links that work there, and the project's addresses.

A build hook of hatchling (pyproject.toml), so it imports nothing of ours. `SITE_URL` is where the
site is published, as for `make docs`, and `SOURCE_URL` is the repository. Without `SITE_URL`, a
relative link becomes its text: on an index it would lead nowhere.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK: Final = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<to>(?![a-z]+:|#)[^)\s]+)\)")
_CLONE: Final = re.compile(r"pip install '?\.(\[\w+\])?'?(`?)(?: in a clone)?")
_ENTER: Final = re.compile(r"^(\$ )cd drs-sync-policy( +#.*)?\n", re.MULTILINE)
_ADDRESS: Final = "https://git.example.org/drs-sync-policy"
"""Stands for the repository in the examples of `docs/` that run elsewhere; no host has it."""
_FROM_GIT: Final = re.compile(rf"drs-sync-policy(\[\w+\]) @ git\+{re.escape(_ADDRESS)}")
_PLACES: Final = {"openapi.yaml": "reference/openapi.yaml", "CHANGELOG.md": "changelog.html"}
"""Where the site has the files that are outside `docs/`."""


class Hook(MetadataHookInterface):
    """Writes the fields that pyproject.toml lists as dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        site, source = (os.environ.get(name, "") for name in ("SITE_URL", "SOURCE_URL"))
        text = Path(self.root, "README.md").read_text("utf-8")
        text = described(cloning(installing(text, metadata["name"]), source), site)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = addresses(site, source)


def cloning(text: str, source: str) -> str:
    """The text that clones the repository at `source` where it enters a clone, if that is known.

    Examples that install from git get the address, too.
    """
    if not source:
        return text
    command = rf"\1git clone {source} drs-sync-policy && cd drs-sync-policy\n"
    return _ENTER.sub(command, text).replace(f"git+{_ADDRESS}", f"git+{source}")


def addresses(site: str, source: str) -> dict[str, str]:
    """The links that an index shows next to the description."""
    found = {"Source": source} if source else {}
    if site:
        found["Documentation"] = f"{site.rstrip('/')}/index.html"
        found["Changelog"] = f"{site.rstrip('/')}/changelog.html"
    return found


def described(readme: str, site: str) -> str:
    """The README with links to `site`, and with the text of each link that has no page there."""

    def link(found: re.Match[str]) -> str:
        place = _place(found["to"])
        if site and place:
            return f"{found['picture']}[{found['text']}]({site.rstrip('/')}/{place})"
        return "" if found["picture"] else found["text"]

    return _LINK.sub(link, readme)


def installing(text: str, package: str) -> str:
    """The text with the name of the published package, if there is one, instead of a clone."""
    if not package:
        return text
    return _FROM_GIT.sub(rf"{package}\1", _CLONE.sub(rf"pip install '{package}\1'\2", text))


def _place(file: str) -> str | None:
    """Where the site has a file of the clone."""
    if file.startswith("docs/"):
        return re.sub(r"\.md(?=#|$)", ".html", file.removeprefix("docs/"))
    return _PLACES.get(file)
