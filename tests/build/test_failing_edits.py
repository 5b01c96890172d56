"""Edits that must fail somewhere: the message alone is enough to mend each of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from tools.diff.compare import compare
from tools.diff.report import Report, verdict
from tools.documents import CONTRACT, read_document
from tools.editions import client_contract, make_edition
from tools.generate import CLIENT, OVERRIDES, write_client
from tools.overlay import OverlayError
from tools.rule_parts import missing
from tools.template_facts import facts_as_jinja, require_references

PATH = "/v3/{project_id}/jobs/batch-sync-policy"
FIELD = {"description": "A field.", "type": "string", "examples": ["x"]}

Document = dict[str, Any]


@pytest.fixture
def document() -> Document:
    return copy.deepcopy(dict(contract.load().document))


def _item(document: Document) -> Document:
    item: Document = document["components"]["schemas"]["SyncPolicyReq"]
    return item


def _fails(call: Callable[[], object]) -> str:
    with pytest.raises((SystemExit, OverlayError)) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("info:\n  title: a: b\n", ("openapi.yaml:2:", "into quotes")),
        ("info:\n\ttitle: a\n", ("openapi.yaml:2:", "Indent with spaces")),
        ("info: {}\ninfo: {}\n", ("openapi.yaml:2: the key `info` stands here twice",)),
    ],
)
def test_a_text_that_is_not_yaml(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    """The line, and how to write it."""
    (tmp_path / "openapi.yaml").write_text(text)
    said = _fails(lambda: read_document(tmp_path / "openapi.yaml"))
    assert all(part in said for part in parts), said


def test_a_reference_that_leads_nowhere(document: Document) -> None:
    """The place and the form of a reference."""
    _item(document)["properties"]["zone"] = {"$ref": "#/components/schemas/Zone"}
    said = _fails(lambda: require_references(document))
    assert said.startswith("#/components/schemas/SyncPolicyReq/properties/zone: ")
    assert "`#/components/schemas/NAME`" in said


def test_an_object_without_a_name(document: Document) -> None:
    """The field, and where its schema goes."""
    _item(document)["properties"]["w"] = {"type": "object", "properties": {"a": FIELD}}
    said = _fails(lambda: facts_as_jinja(document))
    assert said.startswith("SyncPolicyReq.w: ")
    assert "move it to `components/schemas`" in said


def test_a_field_of_the_base_that_an_edition_changes(document: Document) -> None:
    """The edition and the field are named."""
    del _item(document)["properties"]["slot_name"]
    said = _fails(lambda: make_edition("huawei-cloud", document))
    assert "huawei-cloud.yaml" in said
    assert "slot_name" in said


def test_a_version_that_is_too_small(document: Document) -> None:
    """The version to write."""
    _item(document)["required"].append("slot_name")
    changes = compare(read_document(CONTRACT), document)
    said = verdict(Report("release 1.0.0", "1.0.0", "1.0.0", changes))
    assert "set it to 2.0.0** in `openapi.yaml`" in said


def test_a_rule_without_check_and_fault(document: Document) -> None:
    """The files of both."""
    rule = {"id": "new-rule", "statement": "New.", "origin": "page", "source": "page"}
    document["paths"][PATH]["post"]["x-rules"].append(rule)
    said = " ".join(missing(Contract(document)))
    assert "fuzz/rules/" in said
    assert "sandbox/faults/" in said


@pytest.mark.system  # generation takes seconds
@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        (
            lambda item: item.update(allOf=[{"$ref": "#/components/schemas/ErrorResponse"}]),
            ("#/components/schemas/SyncPolicyReq: ", "make lint-contract"),
        ),
        (
            lambda item: item["properties"].update(mode={**FIELD, "enum": ["stop", "STOP"]}),
            ("STOP", "`make lint-contract` names the place"),
        ),
    ],
    ids=["no class", "no enum"],
)
def test_what_the_generator_cannot_write(
    document: Document, tmp_path: Path, edit: Callable[[Any], None], parts: tuple[str, ...]
) -> None:
    """The cause, without a traceback, and the verb that names the place."""
    edit(_item(document))
    document = client_contract(document, {})
    said = _fails(
        lambda: write_client(
            tmp_path / CLIENT, templates=OVERRIDES / "templates", document=document
        )
    )
    assert all(part in said for part in parts), said
    assert "Traceback" not in said
