"""Overlays are applied as the standard says, and rejected if they do not fit."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.documents import ROOT, read_document
from tools.overlay import OverlayError, apply
from tools.programs import node_environment, node_tool

PETS = {
    "info": {"title": "Pets", "tags": ["a"]},
    "list": [{"id": 1}, {"id": 2}, {"id": 3}],
    "schemas": {"Cat": {"type": "object"}, "Dog": {"type": "object"}},
}


def overlay(*actions: dict[str, Any]) -> dict[str, Any]:
    return {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": list(actions)}


def test_an_update_of_an_object_is_merged_into_it() -> None:
    """Objects merge at every level, arrays grow, anything else is replaced."""
    update = {"title": "Cats", "tags": ["b"], "contact": {"name": "n"}}
    done = apply(PETS, overlay({"target": "$.info", "update": update}), name="o")
    assert done["info"] == {"title": "Cats", "tags": ["a", "b"], "contact": {"name": "n"}}


def test_an_update_of_an_array_is_appended_to_it() -> None:
    """The update is one entry."""
    done = apply(PETS, overlay({"target": "$.list", "update": {"id": 4}}), name="o")
    assert [entry["id"] for entry in done["list"]] == [1, 2, 3, 4]


def test_every_match_is_updated_with_a_value_of_its_own() -> None:
    """Two targets do not share what was put into them."""
    actions = (
        {"target": "$.schemas.*", "update": {"x-tags": ["a"]}},
        {"target": "$.schemas.Cat['x-tags']", "update": "b"},
    )
    done = apply(PETS, overlay(*actions), name="o")
    assert done["schemas"]["Cat"]["x-tags"] == ["a", "b"]
    assert done["schemas"]["Dog"]["x-tags"] == ["a"]


def test_all_matches_are_removed() -> None:
    """Removing an entry of a list does not move another that must be removed."""
    done = apply(PETS, overlay({"target": "$.list[?@.id < 3]", "remove": True}), name="o")
    assert done["list"] == [{"id": 3}]


def test_the_document_itself_stays_as_it_was() -> None:
    """What comes back shares nothing with what went in."""
    before = json.dumps(PETS)
    apply(PETS, overlay({"target": "$.schemas", "update": {"Emu": {}}}), name="o")
    assert json.dumps(PETS) == before


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"target": "$.schemas.Dig", "update": {}}, r"`Dig`; did you mean `Dog`\?"),
        ({"target": "$.list[?@.id == 9]", "remove": True}, r"nothing: `\$\['list'\]` has no"),
        ({"target": "$.info.", "update": {}}, "is no JSONPath"),
        ({"target": "$.info"}, "it changes nothing"),
        ({"update": {}}, "it has no `target`"),
        ({"target": "$.info", "update": "x"}, "can only be updated with an object"),
        ({"target": "$.info.title", "update": {}}, "only objects and arrays can be updated"),
        ({"target": "$", "remove": True}, "the whole document cannot be removed"),
        ({"target": "$.info", "updates": {}}, "`updates` means nothing here"),
    ],
)
def test_an_action_that_does_not_fit_is_refused(action: dict[str, Any], reason: str) -> None:
    """The error names the overlay, the action and what is wrong with it."""
    with pytest.raises(OverlayError, match=f"^o, action 1.*{reason}"):
        apply(PETS, overlay(action), name="o")


def test_a_later_action_sees_what_an_earlier_one_did() -> None:
    """A target may be made by the action before it."""
    actions = (
        {"target": "$.schemas", "update": {"Emu": {"type": "object"}}},
        {"target": "$.schemas.Emu", "update": {"title": "Emu"}},
    )
    done = apply(PETS, overlay(*actions), name="o")
    assert done["schemas"]["Emu"] == {"type": "object", "title": "Emu"}


EDITS = sorted((Path(__file__).parent / "lint").glob("re*.yaml"))


@pytest.mark.system  # each starts Node
@pytest.mark.parametrize("edit", EDITS, ids=lambda path: path.stem)
def test_another_implementation_gives_the_same(
    edit: Path, before: dict[str, Any], tmp_path: Path
) -> None:
    """Redocly's bundler, which applies overlays too, makes the same document of each edit."""
    out = tmp_path / "out.json"
    source = str(Path(__file__).parent / "before.yaml")
    subprocess.run(
        [node_tool("redocly"), "bundle", source, "--overlay", str(edit), "--output", str(out)],
        cwd=ROOT, env=node_environment(), capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(out.read_text("utf-8")) == apply(before, read_document(edit), name=edit.name)
