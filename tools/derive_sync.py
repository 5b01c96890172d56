"""Writes each `sync_*.py` of the client from its `async_*.py`, or checks that it is up to date.

python -m tools.derive_sync            write them
python -m tools.derive_sync --check    fail if one differs

`make generate` and `make check-generated` run it. The rules are words and lines; what they cannot
translate is written by hand in `client/pairs/`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.documents import ROOT
from tools.programs import program, run

CLIENT: Final = ROOT / "src" / "drs_sync_policy" / "client"

_DROPPED: Final = re.compile(r"^ *(?:>>> )?import asyncio\n", re.MULTILINE)
_RULES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"asyncio\.run\(((?:[^()]|\([^()]*\))*)\)", r"\1"),
        (r"\bhandle_async_request\b", "handle_request"),
        (r"\basync_(?=\w)", "sync_"),
        (r"\b_async_(?=\w)", "_sync_"),
        (r"\b(?:async|await) ", ""),
        (r"\bStopAsyncIteration\b", "StopIteration"),
        # The docstring of the class says which of the two clients is for what.
        (r"\bAsync(?=[A-Z]\w)(?!SyncPolicyClient` is for)", ""),
        (r"\b(__)?a(enter|exit)(__)\b", r"\1\2\3"),
        (r"\ba(close|read|send|next)\b", r"\1"),
        (r"\banext\b", "next"),
        (r"\baiter_(?=\w)", "iter_"),
    )
)
_HEADER: Final = (
    "# Derived from {name} by tools/derive_sync.py: edit that one, then `make generate`.\n"
)


def sources(folder: Path = CLIENT) -> Iterator[Path]:
    """The modules that have a derived one next to them."""
    yield from sorted(folder.rglob("async_*.py"))


def derived_path(source: Path) -> Path:
    return source.with_name(source.name.replace("async_", "sync_", 1))


def derived(source: Path) -> str:
    """The text of the sync module, formatted."""
    text = _DROPPED.sub("", source.read_text("utf-8"))
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = _HEADER.format(name=source.name) + text
    name = ("--stdin-filename", str(derived_path(source)))
    for command in (("check", "--quiet", "--fix-only", "--select", "I"), ("format", "--quiet")):
        text = run([program("ruff"), *command, *name, "-"], text=text).stdout
    return text


def write() -> None:
    """Writes each derived module, and removes those without a source."""
    for path in sources():
        derived_path(path).write_text(derived(path), "utf-8")
    for path in _orphans():
        path.unlink()


def drift(folder: Path = CLIENT) -> Iterator[str]:
    """One line for each derived module that is edited, missing or without a source."""
    for path in sources(folder):
        target = derived_path(path)
        if not target.is_file() or target.read_text("utf-8") != derived(path):
            yield f"{target.relative_to(folder)} differs from what {path.name} says"
    for path in _orphans(folder):
        yield f"{path.relative_to(folder)} has no source"


def _orphans(folder: Path = CLIENT) -> list[Path]:
    return sorted(set(folder.rglob("sync_*.py")) - {derived_path(path) for path in sources(folder)})


def main() -> int:
    parser = argparse.ArgumentParser(description="Derives the sync modules of the client.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        write()
        return 0
    lines = list(drift())
    if lines:
        print("\n".join([*lines, "run `make generate` and commit what it writes"]), file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
