"""The vocabulary of the project: no retired word in docs, messages, help texts and names."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.processes import completed

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("retired_words.toml")
RETIRED = tomllib.loads(LIST.read_text("utf-8"))
EXCEPTIONS = RETIRED["exceptions"]
SKIPPED = (
    *(entry["path"] for entry in EXCEPTIONS if "path" in entry),
    *RETIRED["pending"],
    "generated/", "CHANGELOG.md", "tests/build/test_retired_words.py",
)  # fmt: skip
TEXTS = re.compile(
    "|".join(re.escape(text) for entry in EXCEPTIONS for text in entry.get("texts", ())),
    re.IGNORECASE,
)
NAMES = {name for entry in EXCEPTIONS for name in entry.get("names", ())}
PROSE = {".md", ".yaml", ".txt", ".py", ".hbs", ".html"}


def _pattern(phrase: str) -> str:
    return re.escape(phrase).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")


PHRASES = re.compile(
    rf"(?<![\w-])(?:{'|'.join(_pattern(phrase) for phrase in RETIRED['phrases'])})(?![\w-])",
    re.IGNORECASE,
)


@cache
def _files() -> list[Path]:
    listed = completed(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
    ).stdout.split("\0")
    found = [name for name in listed if name and not name.startswith(SKIPPED)]
    kept = [ROOT / name for name in found if Path(name).suffix in PROSE or name == "Makefile"]
    return [path for path in kept if path.is_file() and "static" not in path.parts]


def _prose(path: Path) -> Iterator[tuple[int, str]]:
    """Each text of a file that a reader or a user sees, with its line."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        yield 1, text
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value
    # To find out what is a comment takes long, and few lines with a # have a phrase after it.
    ends = re.findall(r"#.*", text)
    if not any(PHRASES.search(end) or PHRASES.search(_without_code(end)) for end in ends):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type is tokenize.COMMENT:
            yield token.start[0], token.string


def _without_code(text: str) -> str:
    """The text with blank code blocks and `code`, and with as many lines as before."""
    blank = re.compile(r"[^\n]")
    text = re.sub(
        r"^ *```.*?^ *```", lambda m: blank.sub(" ", m[0]), text, flags=re.MULTILINE | re.DOTALL
    )
    return re.sub(r"`[^`]*`", lambda m: blank.sub(" ", m[0]), text)


def _names(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text("utf-8")
    if not any(word in text.lower() for word in RETIRED["identifiers"]):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr


@pytest.mark.parametrize(
    ("text", "prose", "names"),
    [
        ("a = 1  # it is told\n", ["# it is told"], []),
        ('a = "a # b"  # `x` and told\n', ["a # b", "# `x` and told"], []),
        ("def judge_all(sky): ...\n", [], ["judge_all", "sky"]),
    ],
)
def test_comments_and_names_are_read(
    text: str, prose: list[str], names: list[str], tmp_path: Path
) -> None:
    """Files that can have nothing to find are not read further; others are."""
    file = tmp_path / "a.py"
    file.write_text(text, "utf-8")
    assert [found for _, found in _prose(file)] == prose
    assert [found for _, found in _names(file) if _words(found) & set(RETIRED["identifiers"])] == (
        names
    )


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_no_text_has_a_retired_phrase() -> None:
    """Docs, contract, help texts, messages, docstrings and comments use the vocabulary."""
    found = [
        f"{path.relative_to(ROOT)}:{line + text[: match.start()].count(chr(10))}: {match[0]}"
        for path in _files()
        for line, raw in _prose(path)
        for text in [TEXTS.sub(lambda m: " " * len(m[0]), _without_code(raw))]
        for match in PHRASES.finditer(text)
    ]
    assert found == [], f"{LIST.name} says what to write instead"


def test_no_name_has_a_retired_word() -> None:
    """Classes, functions, arguments and variables use the vocabulary."""
    found = sorted(
        {
            f"{path.relative_to(ROOT)}:{line}: {name}"
            for path in _files()
            if path.suffix == ".py"
            for line, name in _names(path)
            if name not in NAMES and _words(name) & set(RETIRED["identifiers"])
        }
    )
    assert found == [], f"{LIST.name} says what to write instead"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is told\nanew.", ["told", "anew"]),
        ("`answer-is-i-json` and answer-is-i-json, ```told```", []),
        ("Answers of the server", ["Answers"]),
    ],
)
def test_phrases_are_found_as_words(text: str, found: list[str]) -> None:
    """The search sees every ending, and no code."""
    assert [match[0] for match in PHRASES.finditer(_without_code(text))] == found
