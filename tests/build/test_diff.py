"""The verdict on hand-made edits of the contract: breaking, compatible, cosmetic, or nothing.

Each file of `edits/` is one edit of `before.yaml`, with the verdict that it must get: how grave it
is, where, in which direction, and whom it hurts. `harder_edits.yaml` has those that are easily
rated wrongly. They, and those that say `slow`, reach no line of tools/diff that another does not;
they run with the slow tests.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.diff import redocly
from tools.diff.change import Change, Level, needed_version
from tools.diff.compare import compare
from tools.documents import read_document
from tools.overlay import apply

HERE = Path(__file__).parent
PATH = "/v3/{project_id}/jobs/batch-sync-policy"
VERSIONS = {"breaking": "2.0.0", "compatible": "1.1.0", "cosmetic": "1.0.1", "none": "1.0.0"}

Document = dict[str, Any]


def _cases() -> Iterator[Any]:
    """For each edit what precedes it, its actions, and the verdict that it must get."""
    for path in sorted((HERE / "edits").glob("*.yaml")):
        overlay = read_document(path)
        expected = overlay["x-expect"]
        slow = [pytest.mark.system] if expected.get("slow") else []
        yield pytest.param([], overlay["actions"], expected, id=path.stem, marks=slow)
    for edit in read_document(HERE / "harder_edits.yaml")["edits"]:
        given = (edit.get("before", []), edit["actions"], edit)
        yield pytest.param(*given, id=edit["title"], marks=pytest.mark.system)


EDITS = list(_cases())


def _edited(document: Document, actions: list[Any]) -> Document:
    info = {"title": "an edit", "version": "1.0.0"}
    overlay = {"overlay": "1.0.0", "info": info, "actions": actions}
    return apply(document, overlay, name="an edit") if actions else document


@pytest.mark.parametrize(("earlier", "actions", "expected"), EDITS)
def test_an_edit_gets_its_verdict(
    earlier: list[Any], actions: list[Any], expected: dict[str, str], before: Document
) -> None:
    """The gravest change has the verdict, the place, the direction and the victims stated."""
    base = _edited(before, earlier)
    changes = compare(base, _edited(base, actions))
    assert needed_version("1.0.0", changes) == VERSIONS[expected["verdict"]]
    gravest = [change for change in changes if change.level is changes[0].level]
    assert not gravest or any(_fits(change, expected) for change in gravest), gravest


def _fits(change: Change, expected: dict[str, str]) -> bool:
    return (
        expected.get("place", "") in f"{change.place} {change.what}"
        and expected.get("direction", "") in change.direction
        and expected.get("hurts", "") in change.hurts
    )


def test_there_are_edits_of_every_kind() -> None:
    """At least 60 edits, with every verdict, in requests, responses and rules."""
    expected = [edit.values[-1] for edit in EDITS]
    assert len(expected) >= 60
    assert {entry["verdict"] for entry in expected} == VERSIONS.keys()
    assert {"request", "response", "rule"} <= {entry.get("direction") for entry in expected}


def _reordered(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _reordered(node[key]) for key in reversed(node)}
    return [_reordered(entry) for entry in node] if isinstance(node, list) else node


def _keys_reordered(document: Document) -> Document:
    reordered: Document = _reordered(document)
    return reordered


def _lists_reordered(document: Document) -> Document:
    schemas = document["components"]["schemas"]
    schemas["ConflictPolicy"]["enum"].reverse()
    schemas["BatchSetPolicyResponse"]["required"].reverse()
    document["paths"][PATH]["post"]["x-rules"].reverse()
    return document


def _rules_wrapped_anew(document: Document) -> Document:
    for rule in document["paths"][PATH]["post"]["x-rules"]:
        rule["statement"] = "\n".join(rule["statement"].split())
    return document


def _said_what_holds_anyway(document: Document) -> Document:
    item = document["components"]["schemas"]["SyncPolicyReq"]
    item["additionalProperties"] = True
    item["properties"]["slot_name"] |= {"type": ["string"], "minLength": 0}
    document["components"]["parameters"]["X-Language"] |= {"style": "simple", "explode": False}
    return document


def _wrapped_in_all_of(document: Document) -> Document:
    properties = document["components"]["schemas"]["SyncPolicyReq"]["properties"]
    properties["conflict_policy"] = {"allOf": [properties["conflict_policy"]]}
    return document


def _path_parameter_moved(document: Document) -> Document:
    item = document["paths"][PATH]
    item["post"]["parameters"][:0] = item.pop("parameters")
    return document


def _security_moved(document: Document) -> Document:
    document["paths"][PATH]["post"]["security"] = document.pop("security")
    return document


def _spelt_in_another_way(document: Document) -> Document:
    schemas = document["components"]["schemas"]
    schemas["FilterDdlPolicy"]["const"] = schemas["FilterDdlPolicy"].pop("enum")[0]
    del schemas["ErrorResponse"]["unevaluatedProperties"]
    schemas["ErrorResponse"]["additionalProperties"] = False
    return document


def _only_the_version(document: Document) -> Document:
    document["info"]["version"] = "1.0.1"
    return document


@pytest.mark.parametrize(
    "edit",
    [
        _keys_reordered,
        _lists_reordered,
        _rules_wrapped_anew,
        _said_what_holds_anyway,
        _wrapped_in_all_of,
        _path_parameter_moved,
        _security_moved,
        _spelt_in_another_way,
        _only_the_version,
    ],
)
def test_another_way_of_writing_is_not_a_change(
    edit: Callable[[Document], Document], before: Document
) -> None:
    """What means the same is the same."""
    assert compare(before, edit(copy.deepcopy(before))) == []


def _component_renamed(document: Document) -> Document:
    def renamed(node: Any) -> Any:
        if isinstance(node, dict):
            return {key.replace("ConflictPolicy", "Clash"): renamed(node[key]) for key in node}
        if isinstance(node, list):
            return [renamed(entry) for entry in node]
        return (
            node.replace("schemas/ConflictPolicy", "schemas/Clash")
            if isinstance(node, str)
            else node
        )

    result: Document = renamed(document)
    return result


def _reference_inlined(document: Document) -> Document:
    schemas = document["components"]["schemas"]
    schemas["SyncPolicyReq"]["properties"]["conflict_policy"] = schemas.pop("ConflictPolicy")
    return document


def _schema_extracted(document: Document) -> Document:
    schemas = document["components"]["schemas"]
    properties = schemas["SyncPolicyReq"]["properties"]
    schemas["Slot"] = properties["slot_name"]
    properties["slot_name"] = {"$ref": "#/components/schemas/Slot"}
    return document


@pytest.mark.parametrize("edit", [_component_renamed, _reference_inlined, _schema_extracted])
def test_where_a_schema_stands_is_cosmetic(
    edit: Callable[[Document], Document], before: Document
) -> None:
    """Nothing that is sent changes; what it does to the generated classes is reported apart."""
    changes = compare(before, edit(copy.deepcopy(before)))
    assert {change.level for change in changes} == {Level.COSMETIC}


def test_the_other_direction_is_rated_as_well(before: Document) -> None:
    """A change taken back is a change: what was compatible one way is breaking the other."""
    edit = read_document(Path(__file__).parent / "edits" / "request-optional-field-added.yaml")
    after = apply(before, edit, name="edit")
    assert compare(before, after)[0].level is Level.COMPATIBLE
    assert compare(after, before)[0].level is Level.BREAKING


def _statuses(document: Document, *statuses: int) -> Document:
    edited = copy.deepcopy(document)
    edited["paths"][PATH]["post"]["x-tolerated-statuses"] = list(statuses)
    return edited


def test_tolerated_statuses_are_compared(before: Document) -> None:
    """One more may surprise a client, one less makes a server violate the contract."""
    old, new = _statuses(before, 414, 502), _statuses(before, 502, 504)
    found = {(change.what.split()[0], change.hurts) for change in compare(old, new)}
    assert found == {("414", "implementer"), ("504", "client")}


def test_a_renamed_rule_is_not_a_removed_rule(before: Document) -> None:
    """The statement is still there; who names the rule must follow."""
    after = copy.deepcopy(before)
    after["paths"][PATH]["post"]["x-rules"][0]["id"] = "statuses-are-documented"
    (change,) = compare(before, after)
    assert change.level is Level.COMPATIBLE
    assert "`statuses-are-documented`" in change.what


@pytest.mark.system
def test_what_redocly_cannot_read_ends_with_its_message(before: Document) -> None:
    """One process compares all pairs; after it ended so, the next pair gets another."""
    with pytest.raises(SystemExit, match="Unsupported specification"):
        redocly.entries(before, {})
    assert redocly.entries(before, before) == []
