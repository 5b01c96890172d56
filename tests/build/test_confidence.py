"""docs/confidence.md: each claim names a test that exists."""

from __future__ import annotations

import ast
import re

import pytest

from tools.documents import ROOT

PAGE = ROOT / "docs" / "confidence.md"
TABLES = re.findall(
    r"^\| Claim \| Proved by \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE.read_text("utf-8"), re.MULTILINE
)
ROWS: list[tuple[str, str]] = [
    (claim.strip(), proof.strip())
    for claim, proof in re.findall(r"^\| (.+?) \| (.+) \|$", "".join(TABLES), re.MULTILINE)
]
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize(("claim", "proof"), ROWS, ids=[claim for claim, _ in ROWS])
def test_a_claim_names_its_test(claim: str, proof: str) -> None:
    """The file is there, and the test in it, where one is named."""
    named = TEST.findall(proof)
    assert named, f"no test is named for: {claim}"
    for file, name in named:
        path = ROOT / file
        assert path.is_file(), f"{file} does not exist"
        functions = {
            node.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert not name or name in functions, f"{file} has no test {name}"
