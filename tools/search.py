"""What the search of the site finds besides headings: every field, code, option and fault.

A row of a table has no heading, so that a search would find every page that mentions it first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from drs_sync_policy.client.settings import VARIABLES
from tools.pages.command import options
from tools.pages.errors import found_codes
from tools.pages.faults import found_faults
from tools.pages.fields import found_fields

_START: Final = "var __index = "
"""What `search.js`, which pages read that were opened as files, has before the JSON."""

_SEPARATOR: Final = r"""[\s,:!=\[\]()\\"`/]+|\.(?!\d|[A-Za-z]\d)|(?<!-)-(?!-)"""
"""Where a text is cut: `job_id` and `DRS.M05003` are one word, and `--budget` is not `budget`."""

_VARIABLES: Final = "environment-variables"
"""The section of the page of settings that has the variables."""

_TYPED: Final = {
    "rules.html#other-methods-are-refused": ("wrong method", "gets 405"),
    "rules.html#valid-request-never-crashes": ("crash", "no valid request gets 500"),
    "errors.html#drs-m00301": ("duplicate", "a job twice in a request"),
    "recipes.html#retry-more-often-or-never": ("", "how do I retry"),
    "python.html#timeouts-and-retries": ("", "rate limiting, throttling: what happens after 429"),
    "python.html#install": ("", "install the package, from a clone or an index"),
    "python.html#set-policies": ("", "async, asyncio: the client with `await`"),
    "implementer.html": ("", "Flask, Django, FastAPI: a server in any framework"),
    "cli.html#exit-codes": ("", "exit codes of every command"),
}
"""What people type, by the place that they want to find: words for its title, and for its text.

Names of faults contain the words for titles, and would come first.
"""


def extend(site: Path) -> None:
    """Adds the entries to the index of the site."""
    page = site / "search.json"
    index: dict[str, Any] = json.loads(page.read_text("utf-8"))
    script = (site / "search.js").read_text("utf-8")
    if not script.startswith(_START):
        raise SystemExit("the theme's search.js begins otherwise: see tools/search.py")
    end = script[script.rindex("}") + 1 :]
    index["config"]["separator"] = _SEPARATOR
    index["items"] = _preferred([*_entries(), *index["items"]])
    text = json.dumps(index, ensure_ascii=False)
    page.write_text(text, "utf-8")
    (site / "search.js").write_text(f"{_START}{text}{end}", "utf-8")


def _entries() -> Iterator[dict[str, Any]]:
    for name, text, place in found_fields():
        # Two fields of one name are of different schemas.
        path = ("The API", "Fields", place.rpartition(".")[0])
        yield _entry(f"fields.html#{place}", name, text, tuple(filter(None, path)))
    for code, text, place in found_codes():
        yield _entry(f"errors.html#{place}", code, text, ("The API", "Error codes"))
    for name, text, place, command in options():
        path = ("The tools", "Command reference", command)
        yield _entry(f"cli.html#{place}", name, text, path)
    for key, name in VARIABLES.items():
        text = f"the environment variable for `{key}` of a profile"
        yield _entry(f"settings.html#{_VARIABLES}", name, text, ("The tools", "Settings"))
    # Without its text: who searches for words of that wants what is right, not a fault.
    for name, place in found_faults():
        yield {
            "location": f"faults.html#{place}", "level": 3, "title": name, "text": "",
            "path": ["The tools", "Faults"], "tags": [],
        }  # fmt: skip


def _preferred(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items, those of `_TYPED` first and with their words."""
    known = {item["location"]: item for item in items}
    if missing := _TYPED.keys() - known.keys():
        raise SystemExit(f"tools/search.py names places that no page has: {sorted(missing)}")
    first: list[dict[str, Any]] = []
    for place, (named, said) in _TYPED.items():
        item = known[place]
        title = f"{named}: {item['title']}" if named else item["title"]
        first.append({**item, "title": title, "text": f"<p>{said}</p>{item['text']}"})
    return [*first, *(item for item in items if item["location"] not in _TYPED)]


def _entry(location: str, title: str, text: str, path: tuple[str, ...]) -> dict[str, Any]:
    spaced = " ".join(re.findall(r"\w+", title.replace("_", " ")))
    shown = f"<p>{title} ({spaced}): {escape(' '.join(text.replace('`', '').split()))}</p>"
    return {
        "location": location, "level": 3, "title": title, "text": shown,
        "path": list(path), "tags": [],
    }  # fmt: skip
