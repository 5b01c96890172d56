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

from tools.pages.command import options
from tools.pages.errors import found_codes
from tools.pages.faults import found_faults
from tools.pages.fields import found_fields

_START: Final = "var __index = "
"""What `search.js`, which pages read that were opened as files, has before the JSON."""

_SEPARATOR: Final = r"""[\s,:!=\[\]()\\"`/]+|\.(?!\d)|(?<!-)-(?!-)"""
"""Where a text is cut into words: `job_id` is one, and `--budget` is not `budget`."""

_TYPED: Final = (
    ("wrong method", "rules.html#other-methods-are-refused", "gets 405", "Rules"),
    ("crash", "rules.html#valid-request-never-crashes", "no valid request gets 500", "Rules"),
    ("duplicate", "errors.html#drs-m00301", "a job twice in a request", "Error codes"),
    ("how do I retry", "recipes.html#retry-more-often-or-never", "more often, or never", "Recipes"),
    ("install", "python.html#install", "the package, from a clone or an index", "Python client"),
    ("async asyncio", "python.html#set-policies", "the client with `await`", "Python client"),
    ("Flask, Django, FastAPI", "implementer.html", "a server in any framework", "Implementing"),
)
"""Words that names of faults contain, and where who types them wants to go."""


def extend(site: Path) -> None:
    """Adds the entries to the index of the site."""
    page = site / "search.json"
    index: dict[str, Any] = json.loads(page.read_text("utf-8"))
    script = (site / "search.js").read_text("utf-8")
    if not script.startswith(_START):
        raise SystemExit("the theme's search.js begins otherwise: see tools/search.py")
    end = script[script.rindex("}") + 1 :]
    index["config"]["separator"] = _SEPARATOR
    index["items"] = [*_entries(), *index["items"]]
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
    for words, place, text, page in _TYPED:
        yield _entry(place, words, text, ("The API", page))
    # Without its text: who searches for words of that wants what is right, not a fault.
    for name, place in found_faults():
        yield {
            "location": f"faults.html#{place}", "level": 3, "title": name, "text": "",
            "path": ["The tools", "Faults"], "tags": [],
        }  # fmt: skip


def _entry(location: str, title: str, text: str, path: tuple[str, ...]) -> dict[str, Any]:
    spaced = " ".join(re.findall(r"\w+", title.replace("_", " ")))
    shown = f"<p>{title} ({spaced}): {escape(' '.join(text.replace('`', '').split()))}</p>"
    return {
        "location": location, "level": 3, "title": title, "text": shown,
        "path": list(path), "tags": [],
    }  # fmt: skip
