"""The pages that are made from data or list it, as Markdown: what is in the data is on them."""

from __future__ import annotations

import re
from pathlib import Path

from drs_sync_policy import contract
from drs_sync_policy.cli import exits
from drs_sync_policy.client import settings
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.sandbox.faults import catalogue
from tools import api, pages, rule_examples
from tools.pages.changelog import AREAS

ROOT = Path(__file__).resolve().parents[2]


def test_a_rule_has_a_response_that_passes_and_one_that_fails() -> None:
    """The requests in the file still show a violation; `python -m tools.rule_examples` repairs."""
    rules = {rule.id for rule in contract.load().rules}
    shown = rule_examples.shown()
    assert set(shown) == rules - rule_examples.PARALLEL
    known = {fault.name: fault.rule for fault in catalogue()}
    for rule, example in shown.items():
        assert known[example.fault] == rule
        assert example.differing.passes != example.differing.fails


def test_the_faults_page_has_every_fault() -> None:
    """Each with its effect and the rule that it violates, which links back to it."""
    made, rules = pages.faults(), pages.rules()
    for fault in catalogue():
        assert f"{{ #{fault.name} }} | {fault.text} | " in made.replace("\\|", "|")
        assert f"(rules.md#{fault.rule})" in made
        assert f"(faults.md#{fault.name})" in rules


def test_the_fields_page_has_every_field_of_every_edition() -> None:
    """Each with its description, and the values of an enum with theirs; the parameters, too."""
    made = pages.fields()
    for edition in contract.editions():
        loaded = contract.load(edition)
        for schema in loaded.document["components"]["schemas"].values():
            for name, property_ in schema.get("properties", {}).items():
                field = loaded.resolve(property_)
                assert f"| `{name}`{{ #" in made
                assert " ".join(field["description"].split()) in made
                assert all(text in made for text in field.get("x-enumDescriptions", {}).values())
        for operation in loaded.operations:
            assert f"`{operation.method} {operation.path}`" in made
            for parameter in operation.parameters:
                assert f"| `{parameter.name}`{{ #" in made
                assert parameter.description in made


def test_the_command_page_has_every_exit_code() -> None:
    """In a table with what it means."""
    made = pages.command()
    values = {str(v) for name, v in vars(exits).items() if name.isupper() and isinstance(v, int)}
    assert len(values) > 7
    table = made[made.index("## Exit codes") :]
    assert set(re.findall(r"^\| (\d+) \|", table, re.MULTILINE)) == values


def test_the_changelog_page_has_every_entry_by_area() -> None:
    """None is lost, and every area has some."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8").replace("](docs/", "](")
    made = pages.changelog()
    entries = [entry.strip() for entry in re.split(r"^(?:- |#+ .*)", text, flags=re.MULTILINE)[2:]]
    # The name of the area, which the heading has, is left out.
    texts = [re.sub(r"^(Python client|Command|Sandbox|Fuzzer|Docs): .", "", e) for e in entries]
    assert [text for text in texts if text not in made] == []
    assert "- Python client: " not in made
    assert made.count("\n- ") == text.count("\n- ")
    assert {f"### {area}" for area in AREAS} <= set(made.splitlines())


def test_the_python_page_has_what_is_public() -> None:
    """Names, signatures and docstrings; nothing that begins with an underscore."""
    made = api.page()
    assert "### find { #drs_sync_policy.codes.find }" in made
    assert "find(code: str, status: int | None = None) -> ErrorCode | None" in made
    assert not re.search(r"^### _", made, re.MULTILINE)
    assert re.findall(r"^### (\w+)", made, re.MULTILINE)[0] == "SyncPolicyClient"
    # Each part has names, each name its place, and a method its own.
    parts = re.findall(r"^\| \[.*\]\(#(.+)\) \| (.*) \|$", made.split("\n## ")[0], re.MULTILINE)
    assert len(parts) > 5
    for part, names in parts:
        assert f"{{ #{part} }}" in made
        assert all(f"{{ #{name} }}" in made for name in re.findall(r"\(#([^)]+)\)", names))
        assert names
    assert "run(\n    target: Target," in made
    assert "#### set_policies { #drs_sync_policy.SyncPolicyClient.set_policies }" in made


def test_each_schema_of_the_fields_page_says_where_it_is() -> None:
    """The request, the response or the field that it is in."""
    made = pages.fields()
    base = made[: made.index("## In the edition")]
    sections = re.findall(r"^### (\w+)\n\n.* It is (.*)\.$", base, re.MULTILINE)
    schemas = contract.load().document["components"]["schemas"]
    assert [name for name, _ in sections] != []
    assert {name for name, _ in sections} == {n for n, s in schemas.items() if "properties" in s}
    assert ("SyncPolicyReq", "each entry of `jobs` in `BatchSetPolicyReq`") in sections


def test_the_page_of_the_target_profile_has_every_entry() -> None:
    """Of each table that the schema of the profile allows."""
    page = (ROOT / "docs" / "target.md").read_text("utf-8")
    tables = profile.schema()["properties"]
    found = [t["items"] if t["type"] == "array" else t for t in tables.values()]
    names = {*tables, *(name for table in found for name in table["properties"])}
    assert {name for name in names if not re.search(rf"\b{name}\b", page)} == set()


def test_the_page_of_the_settings_has_every_variable() -> None:
    """With the entry of a profile that it wins over, in one row."""
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = re.findall(r"^\| (.*?) \| (.*?) \|", page, re.MULTILINE)
    named = [pair for row in rows for pair in zip(*map(_in_backticks, row), strict=False)]
    assert {pair for pair in settings.VARIABLES.items() if pair[::-1] not in named} == set()


def _in_backticks(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)
