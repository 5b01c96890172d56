"""Whether the tests still catch the mutants of `tests/snapshots/mutants.json`.

    python -m tools.mutants [--tests PATH]... [ID...]

Each mutant is applied in a copy of the tree, wherever its original lines are now. Without `--tests`
only the test that caught it before runs. Exits with 1 if a mutant that was caught is not now: it
survives, or its lines or its test are not where the list says, and the entry needs an edit.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tools.documents import ROOT

LIST: Final = ROOT / "tests" / "snapshots" / "mutants.json"
_NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "site", "dist", "reports", "__pycache__", ".*_cache"
)
_PYTEST: Final = ("-m", "pytest", "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider")


def places(src: Path, mutant: dict[str, Any]) -> list[tuple[Path, int]]:
    """Where the original lines are, with the index of the first; the nearest name wins."""
    found = [
        (path, at, function)
        for path in sorted(src.rglob("*.py"))
        for at, function in _matches(path.read_text("utf-8"), mutant["original"])
    ]
    for wanted in (mutant["function"], mutant["function"].rpartition(".")[2], ""):
        if near := {(path, at) for path, at, name in found if f".{name}".endswith(wanted)}:
            return sorted(near)
    return []


def _matches(text: str, original: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines at which `original` begins, whatever its indentation, with their function."""
    lines = [line.strip() for line in text.splitlines()]
    wanted = [line.strip() for line in original]
    starts = [at for at in range(len(lines)) if lines[at : at + len(wanted)] == wanted]
    if starts:
        functions = list(_functions(ast.parse(text), ""))
        for at in starts:
            inside = [each for each in functions if each[0] <= at + 1 <= each[1]]
            yield at, max(inside)[2] if inside else ""


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[int, int, str]]:
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}.{child.name}".lstrip(".")
            if not isinstance(child, ast.ClassDef):
                yield child.lineno, child.end_lineno or child.lineno, name
        yield from _functions(child, name)


def result(copy: Path, mutant: dict[str, Any], tests: Sequence[str]) -> str:
    """`caught by ...`, `survived`, or why it cannot be said."""
    found = places(copy / "src", mutant)
    if len(found) != 1:
        return f"not applied: its lines are in {len(found)} places"
    path, at = found[0]
    text = path.read_text("utf-8")
    lines = text.splitlines()
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    cut = len(mutant["original"][0]) - len(mutant["original"][0].lstrip())
    lines[at : at + len(mutant["original"])] = [indent + line[cut:] for line in mutant["mutated"]]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    try:
        return _run(copy, tests)
    finally:
        path.write_text(text, "utf-8")


def _run(copy: Path, tests: Sequence[str]) -> str:
    search = os.pathsep.join(str(copy / name) for name in ("src", "generated"))
    command = [sys.executable, *_PYTEST, *tests]
    environment = {**os.environ, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=120
        )
    except subprocess.TimeoutExpired:
        return "caught by a timeout"
    if done.returncode == 0:
        return "survived"
    if "not found: " in done.stdout + done.stderr:
        return "not run: the test is gone"
    failed = re.search(r"^(?:FAILED|ERROR) (tests/.*)", done.stdout, re.MULTILINE)
    return f"caught by {failed[1] if failed else 'an error before the first test'}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Whether the tests still catch the mutants.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="default: all that were caught")
    parser.add_argument("--tests", action="append", default=[], metavar="PATH")
    given = parser.parse_args()
    worse = False
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=_NOT_COPIED)
        for mutant in json.loads(LIST.read_text("utf-8")):
            before = mutant["caught_by"]
            if mutant["id"] not in (given.ids or [mutant["id"]]) or not (before or given.tests):
                continue
            said = result(copy, mutant, given.tests or [before])
            worse |= bool(before) and not said.startswith("caught")
            print(f"{mutant['id']} {mutant['file']} {mutant['function']}: {said}", flush=True)
    sys.exit(worse)


if __name__ == "__main__":
    main()
