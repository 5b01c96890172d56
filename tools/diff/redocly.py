"""Redocly's comparison of two contracts, rated by our policy.

Redocly knows what breaks a client, with one exception (a request field that was removed: the server
silently ignores it from then on). What Redocly calls a patch is split here: a change of the set of
valid messages is compatible, because an implementer must follow it; the rest is cosmetic.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from drs_sync_policy.anyjson import tokens
from tools.diff.change import (
    BOTH,
    CLIENT,
    IMPLEMENTER,
    NOBODY,
    REQUEST,
    RESPONSE,
    Change,
    Level,
)
from tools.diff.normalise import normalise
from tools.diff.place import direction, place, users
from tools.documents import ROOT
from tools.programs import node_environment, node_tool

_PROGRAM: Final = Path(__file__).with_suffix(".mjs")
_WORDS: Final = {
    "title", "description", "summary", "example", "examples", "externalDocs", "tags", "contact",
    "license", "termsOfService", "name", "key", "$comment", "variables",
}  # fmt: skip
"""Properties that change nothing that is sent or received."""
_TEXTS: Final = {"description", "summary", "title", "example", "examples"}
_SHOWN_ONLY: Final = {
    "Tag", "Example", "ExamplesMap", "ExternalDocs", "XCodeSample", "XCodeSampleList",
}  # fmt: skip
"""What only readers see."""
_CONDITIONS: Final = {"if", "then", "else", "not", "dependentSchemas", "contains"}

Json = Mapping[str, Any]


def compare(base: Json, revision: Json) -> list[Change]:
    """What Redocly finds between two contracts, rated. Both are normalised first."""
    before, after = normalise(base), normalise(revision)
    if json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True):
        return []
    rating = _Rating(before, after)
    return [change for entry in entries(before, after) for change in rating.rate(entry)]


def entries(before: Json, after: Json) -> list[dict[str, Any]]:
    """What Redocly finds between two documents as they are, with its own rating."""
    running = _redocly()
    if running.stdin is None or running.stdout is None:
        raise RuntimeError("`redocly diff` was started without pipes")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("base.json", "revision.json", "reply.json")]
        for file, document in zip(files, (before, after, {}), strict=True):
            file.write_text(json.dumps(document), encoding="utf-8")
        print(json.dumps([str(file) for file in files]), file=running.stdin, flush=True)
        compared = running.stdout.readline()
        said = json.loads(files[-1].read_text("utf-8"))
    if not compared or "No diff rules are on" in said["stderr"]:
        _redocly.cache_clear()
        raise SystemExit(f"`redocly diff` failed:\n{said.get('stderr', '')}")
    changes: list[dict[str, Any]] = json.loads(said["stdout"])["changes"]
    return changes


@cache
def _redocly() -> subprocess.Popen[str]:
    """The program that compares pairs of files, until this one ends."""
    bundle = Path(node_tool("redocly")).resolve().parent.parent / "lib" / "index.js"
    running = subprocess.Popen(
        ["node", str(_PROGRAM), str(bundle), "overrides/redocly.yaml"], cwd=ROOT,
        env=node_environment(), text=True, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    atexit.register(running.communicate)
    return running


class _Rating:
    """Rates the entries of one comparison; it needs both documents to say where they are."""

    def __init__(self, before: Json, after: Json) -> None:
        self._documents = {"base": before, "revision": after}
        self._users = {"base": users(before), "revision": users(after)}

    def rate(self, entry: Json) -> Iterator[Change]:
        side = "base" if entry["kind"] == "removed" else "revision"
        pointer = entry.get(side, {}).get("pointer", entry["path"])
        where = direction(entry["path"], pointer, self._users[side])
        if entry["typeName"] == "Info" and entry.get("property") == "version":
            return
        level = _level(entry, where)
        for what in _words(entry):
            yield Change(
                level=level,
                direction=where,
                place=place(entry["path"], self._documents[side], written=pointer),
                what=what,
                hurts=_hurts(entry, where, level),
            )


def _level(entry: Json, where: str) -> Level:
    if entry["impact"] == "major" or _missed(entry, where):
        return Level.BREAKING
    if entry["typeName"] in _SHOWN_ONLY:
        return Level.COSMETIC
    if entry["impact"] == "minor":
        return Level.COMPATIBLE
    return Level.COMPATIBLE if _matters(entry, where) else Level.COSMETIC


def _missed(entry: Json, where: str) -> bool:
    """What breaks a client although Redocly lets it pass."""
    kind: str = entry["kind"]
    type_name, key = entry["typeName"], entry.get("property")
    path = tokens(entry["path"])
    is_property = type_name == "Schema" and path[-2:-1] == ["properties"]
    if is_property and where and (kind == "removed" or (kind == "modified" and key == "key")):
        return not _conditional(path)
    if type_name == "SchemaProperties":  # a property whose schema is `true` or `false`
        before, after = (entry.get(side, {}).get("value") for side in ("base", "revision"))
        return bool(
            (after is False and REQUEST in where) or (before is False and RESPONSE in where)
        )
    if type_name == "Schema" and kind == "modified" and key == "default":
        return REQUEST in where
    if type_name == "Header" and kind == "modified" and key == "required":
        return bool(entry.get("revision", {}).get("value") is not True)
    if type_name == "PatternProperties" and REQUEST in where:
        return kind != "removed"
    return _conditional(path) and key not in _WORDS and "if" in path


def _conditional(path: list[str]) -> bool:
    return any(
        word in _CONDITIONS and path[at - 1] != "properties" for at, word in enumerate(path) if at
    )


def _matters(entry: Json, where: str) -> bool:
    """Whether a change that breaks nobody changes what is sent, received or accepted."""
    key = str(entry.get("property") or "")
    if key.startswith("x-") or key in _WORDS or "SpecExtension" in entry["typeName"]:
        return False
    if tokens(entry["path"])[:1] != ["paths"]:
        return False  # a component came or went: what uses it has entries of its own
    if entry["typeName"] in {"Operation", "SecurityRequirement", "SecurityRequirementList"}:
        return True
    return bool(where) and entry["typeName"] in {
        "Schema", "SchemaProperties", "Parameter", "RequestBody", "Response", "Header",
        "MediaType", "Encoding", "PatternProperties",
    }  # fmt: skip


def _hurts(entry: Json, where: str, level: Level) -> str:
    if level is Level.COSMETIC:
        return NOBODY
    if level is Level.BREAKING:
        gone = entry["kind"] == "removed" or entry.get("property") == "key"
        stricter = REQUEST in where or (gone and where == RESPONSE)
        return BOTH if stricter else CLIENT
    if entry.get("property") == "deprecated":
        return CLIENT
    if where == RESPONSE and entry["kind"] == "added":
        return NOBODY
    return NOBODY if entry["typeName"] == "Server" else IMPLEMENTER


def _words(entry: Json) -> list[str]:
    verdicts = [str(verdict["message"]) for verdict in entry["verdicts"]]
    if verdicts:
        return verdicts
    before = entry.get("base", {}).get("value")
    after = entry.get("revision", {}).get("value")
    if entry["kind"] != "modified":
        return [f"{_name(entry, after if before is None else before)} was {entry['kind']}."]
    key = entry.get("property")
    if key in _TEXTS:
        did = "added" if before is None else "removed" if after is None else "changed"
        if isinstance(before, str) and isinstance(after, str) and key != "example":
            return [f"The {key} is now: {_line(after)} It was: {_line(before)}"]
        return [f"The {key} {'were' if key == 'examples' else 'was'} {did}."]
    if key == "key":
        return [f"`{before}` is now called `{after}`."]
    if isinstance(before, list) and isinstance(after, list):
        return [f"`{key}` {_gained_and_lost(before, after)}."]
    if before is None:
        return [f"`{key}` was set to `{_short(after)}`."]
    if after is None:
        return [f"`{key}` was removed; it was `{_short(before)}`."]
    return [f"`{key}` changed from `{_short(before)}` to `{_short(after)}`."]


def _name(entry: Json, value: Any) -> str:
    """What came or went: its key, or where that is a number, what it is."""
    last = (tokens(entry["path"]) or ["document"])[-1]
    if not last.isdecimal() or "Response" in entry["typeName"]:
        return f"`{last}`"
    node = value if isinstance(value, dict) else {}
    name = node.get("name") or node.get("url") or node.get("label")
    if "Security" in entry["typeName"]:
        name = " and ".join(node)
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", entry["typeName"]).lower()
    return f"The {words} `{name}`" if name else f"An entry of `{tokens(entry['path'])[-2]}`"


def _gained_and_lost(before: list[Any], after: list[Any]) -> str:
    parts: list[str] = []
    for verb, values in (
        ("gained", [value for value in after if value not in before]),
        ("lost", [value for value in before if value not in after]),
    ):
        if values:
            parts.append(f"{verb} {', '.join(f'`{_short(value)}`' for value in values)}")
    return " and ".join(parts) or "changed"


def _line(text: str) -> str:
    """A text on one line; quoted, to set it apart from ours."""
    return f'"{" ".join(text.split())}"'


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
