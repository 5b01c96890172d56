"""The published decisions, which the contract names by number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drs_sync_policy import contract

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "decisions.md").read_text("utf-8")
NAMED = re.compile(r"\bdecisions? (\d+(?:(?:, | and )\d+)*)", re.IGNORECASE)


def _named(text: str) -> set[int]:
    return {int(n) for match in NAMED.finditer(text) for n in re.findall(r"\d+", match[1])}


def _published() -> list[int]:
    return [int(n) for n in re.findall(r"^## (\d+)\. ", PAGE, re.MULTILINE)]


def _unpublished(numbers: set[int]) -> list[str]:
    """What to do about each number that the page does not have."""
    lacking = sorted(numbers - set(_published()))
    return [f"decision {n} is not in docs/decisions.md: write it there first" for n in lacking]


def test_the_decisions_are_numbered_without_gaps() -> None:
    """They are in order, none is gone, and each has its origin."""
    assert _published() == list(range(1, max(17, len(_published())) + 1))
    for section in re.split(r"^## (?=\d)", PAGE, flags=re.MULTILINE)[1:]:
        origin = re.search(r"^\*Origin: ([a-z, ]+)\.\*$", section, re.MULTILINE)
        assert origin, section
        assert set(origin[1].split(", ")) <= {"page", "vendor", "ours"}


def test_every_decision_that_the_trace_names_is_published() -> None:
    """A part of the contract that is ours has a reason that the reader can look up."""
    trace = (ROOT / "docs" / "trace.md").read_text("utf-8")
    assert _named(trace)
    assert not _unpublished(_named(trace))


def test_every_decision_that_the_contract_names_is_published() -> None:
    """A rule's `source` leads to a decision that the reader can look up."""
    rules = contract.load().rules
    assert not _unpublished(set().union(*(_named(rule.source) for rule in rules)))
    assert all(_named(rule.source) for rule in rules if rule.origin == "decision")


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/*.md")), ids=lambda path: path.name)
def test_every_decision_that_a_page_names_is_published(page: Path) -> None:
    """The guide names no decision that does not exist."""
    assert not _unpublished(_named(page.read_text("utf-8")))


def test_plural_and_lists_are_read() -> None:
    """The numbers are found in each way that they are written."""
    assert _named("decision 4; decisions 5, 6 and 17") == {4, 5, 6, 17}
