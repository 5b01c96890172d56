"""The files that contributors work with: verbs and paths that they name exist."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.processes import completed

ROOT = Path(__file__).resolve().parents[2]
VERBS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
MANUALS = [
    *(
        ROOT / f"{name}.md"
        for name in ("README", "CONTRIBUTING", "AGENTS", "SECURITY", "CHANGELOG")
    ),
    *sorted(ROOT.glob("docs/**/*.md")),
]
_OPTIONS = re.findall(r"^([A-Z]+) *[?:]=", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
by_manual = pytest.mark.parametrize(
    "page", MANUALS, ids=lambda path: path.relative_to(ROOT).as_posix()
)


@cache
def _committed() -> set[Path]:
    """What a fresh clone has: every file that git tracks, and the folders of these."""
    listed = completed(["git", "ls-files", "-z"], cwd=ROOT, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    return {folder for file in files for folder in (file, *file.parents)}


@by_manual
def test_the_verbs_that_a_page_names_exist(page: Path) -> None:
    """`make something` on a page is a verb of the Makefile."""
    named = re.findall(r"`make ((?:[a-z-]+ ?)+)", page.read_text("utf-8"))
    assert {verb for words in named for verb in words.split()} <= VERBS


def test_the_hooks_call_verbs_and_tools_that_exist() -> None:
    """A hook calls a verb of the Makefile or a tool in .venv, and only for files there may be."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    for hook in hooks:
        program, *arguments = hook["entry"].split()
        if program == "make":
            assert arguments[-1] in VERBS
        else:
            assert (ROOT / program).exists()
        re.compile(hook.get("files", ""))


@by_manual
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    """A path in backticks leads to something."""
    text = page.read_text("utf-8")
    named = re.findall(r"`((?:src|tests|tools|overrides|generated|docs|bench)/[\w./-]+)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_examples_of_the_recipes_are_parts_of_the_files_that_they_name() -> None:
    """A block that begins with `# a/path` is text of this file; `...` stands for lines between."""
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    blocks = re.findall(
        r"^( *)```\w+\n\1# (\S+/\S+|\S+\.yaml)\n(.*?)^\1```$", page, re.MULTILINE | re.DOTALL
    )
    assert len(blocks) >= 7
    for indent, path, block in blocks:
        source = (ROOT / path).read_text("utf-8")
        shown = re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        assert [part for part in shown.split("...\n") if part not in source] == [], path


@by_manual
def test_the_links_of_a_page_lead_somewhere_in_a_fresh_clone(page: Path) -> None:
    """What a page links to is committed: a forge and a clone have no page that is made."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [link for link in links if link and not re.match(r"[a-z]+:", link)]
    assert [link for link in local if (page.parent / link).resolve() not in _committed()] == []


def _plan(*arguments: str, **environment: str) -> str:
    # What `make test EXTRA=...` was given reaches each make below it, in several variables.
    given = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", *_OPTIONS)
    kept = {name: value for name, value in os.environ.items() if name not in given}
    done = completed(
        ["make", "--dry-run", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={**kept, **environment},
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["sandbox"], "sandbox"),
        (["sandbox", "PORT=0", "EXTRA=--no-aksk"], "sandbox --port 0 --no-aksk"),
        (["fuzz"], 'fuzz --sandbox --report "reports/fuzz"'),
        (
            ["fuzz", "TARGET=mine.toml", "BUDGET=3", "SEED=1", "REPORT=there", "EXTRA=--edition x"],
            'fuzz --target "mine.toml" --report "there" --budget 3 --seed 1 --edition x',
        ),
    ],
)
def test_a_verb_shows_one_command_with_what_it_was_given(
    arguments: list[str], command: str
) -> None:
    """What make prints can be pasted: no option is lost, and nothing is left open at its end."""
    plan = _plan(*arguments, PORT="99")
    assert plan.splitlines()[-1] == f".venv/bin/drs-sync-policy {command}"


def test_the_changelog_says_nothing_twice() -> None:
    """Merges keep the lines of both sides, and so may keep one twice."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    entries = [" ".join(e.split()) for e in re.split(r"^- ", text, flags=re.MULTILINE)[1:]]
    assert sorted(entries) == sorted(set(entries))
