"""The verdict and the version for edits that are easy to rate wrongly, one row each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.diff.change import needed_version
from tools.diff.compare import compare
from tools.documents import read_document
from tools.overlay import apply

HERE = Path(__file__).parent
EDITS = read_document(HERE / "harder_edits.yaml")["edits"]
VERSIONS = {"breaking": "2.0.0", "compatible": "1.1.0", "cosmetic": "1.0.1", "none": "1.0.0"}


def _edited(document: dict[str, Any], actions: list[Any]) -> dict[str, Any]:
    info = {"title": "an edit", "version": "1.0.0"}
    overlay = {"overlay": "1.0.0", "info": info, "actions": actions}
    return apply(document, overlay, name="an edit")


@pytest.mark.system  # each compares two documents, in a process of its own
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["title"])
def test_an_edit_gets_its_verdict(edit: dict[str, Any], before: dict[str, Any]) -> None:
    """The gravest change has the verdict, and is at the place; the version follows from it."""
    base = _edited(before, edit["before"]) if "before" in edit else before
    changes = compare(base, _edited(base, edit["actions"]))
    assert needed_version("1.0.0", changes) == VERSIONS[edit["verdict"]]
    gravest = [change for change in changes if change.level is changes[0].level]
    assert not gravest or any(
        edit.get("place", "") in change.place + change.what
        and edit.get("hurts", "") in change.hurts
        for change in gravest
    ), gravest


def test_there_are_enough_edits() -> None:
    """The table in the docs counts them, with those of `edits/`."""
    assert len(EDITS) + len([*(HERE / "edits").glob("*.yaml")]) >= 60
    assert {edit["verdict"] for edit in EDITS} == VERSIONS.keys()
