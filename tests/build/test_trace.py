"""The table that ties the vendor's page to the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drs_sync_policy import contract

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "trace.md").read_text("utf-8")
JOBS = "#/paths/~1v3~1{project_id}~1jobs"
STARTS = {
    "post": f"{JOBS}~1batch-sync-policy/post",
    "detail": f"{JOBS}~1batch-detail/post",
    "list": f"{JOBS}/post",
}
"""The first word of a pointer on the page, and the operation that it stands for."""
CONTRACT = contract.load()
RULES = {rule.id: rule for rule in CONTRACT.rules}
# What of a schema says something of its own, in addition to its properties and its enum's values.
ASSERTIONS = ("required", "default", "if", "then", "else", "unevaluatedProperties")
BOUNDS = (
    "minLength", "maxLength", "pattern", "format",
    "minItems", "maxItems", "minimum", "maximum",
)  # fmt: skip


def _section(title: str) -> str:
    match = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, title
    return match[1]


def _rows(title: str) -> list[list[str]]:
    lines = [line for line in _section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _places(cell: str) -> Iterator[str]:
    for token in re.findall(r"`([^`]+)`", cell):
        start, slash, rest = token.partition("/")
        yield STARTS[start] + slash + rest if start in STARTS else token


PAGES = ("What the page says", "What other pages of the vendor say")
SAID = [place for title in PAGES for row in _rows(title) for place in _places(row[2])]
OURS = [place for row in _rows("What is ours") for place in _places(row[0])]


def _parts() -> Iterator[str]:
    """Every part of the contract that must have an origin."""
    components = CONTRACT.document["components"]
    for kind in ("securitySchemes", "responses", "headers", "parameters", "schemas"):
        yield from (f"#/components/{kind}/{name}" for name in components[kind])
    for name, schema in components["schemas"].items():
        yield from _schema_parts(f"#/components/schemas/{name}", schema)
    for name, parameter in components["parameters"].items():
        yield from _schema_parts(f"#/components/parameters/{name}/schema", parameter["schema"])
    yield from (f"#/servers/{index}" for index in range(len(CONTRACT.document["servers"])))
    assert len(STARTS) == len(CONTRACT.operations)
    for start in STARTS.values():
        operation = CONTRACT.at(start)
        yield from (f"{start}/responses/{status}" for status in operation["responses"])
        for media in operation["requestBody"]["content"]:
            yield f"{start}/requestBody/content/{media.replace('/', '~1')}"
    yield from (f"rule {rule.id}" for rule in CONTRACT.rules if rule.origin == "page")
    optional = (operation for operation in CONTRACT.operations if operation.optional)
    yield from (
        f"rule {rule.id}"
        for operation in optional
        for rule in operation.rules
        if rule.origin == "vendor"
    )


def _schema_parts(pointer: str, schema: dict[str, Any]) -> Iterator[str]:
    yield from (f"{pointer}/{key}" for key in (*ASSERTIONS, *BOUNDS) if key in schema)
    yield from (f"{pointer}/enum/{index}" for index in range(len(schema.get("enum", ()))))
    for name, property_ in schema.get("properties", {}).items():
        yield f"{pointer}/properties/{name}"
        bounds = (key for key in BOUNDS if key in property_)
        yield from (f"{pointer}/properties/{name}/{key}" for key in bounds)


def _is_traced(part: str) -> bool:
    """A list is traced as a whole or by each of its entries."""
    places = {*SAID, *OURS}
    if part in places:
        return True
    whole = [] if part.startswith("rule ") else CONTRACT.at(part)
    entries = range(len(whole)) if isinstance(whole, list) else range(0)
    return bool(entries) and all(f"{part}/{index}" in places for index in entries)


def test_every_place_exists() -> None:
    """No row leads to a part of the contract that is gone, or to nothing."""
    for place in (*SAID, *OURS):
        if place.startswith("rule "):
            assert place.removeprefix("rule ") in RULES
        else:
            assert place.startswith("#/"), f"{place!r} is neither a pointer nor a rule"
            CONTRACT.at(place)


def test_every_row_leads_somewhere() -> None:
    """Each row of the page has a place, and each of ours a reason that names a decision."""
    said, ours = _rows(PAGES[0]), _rows("What is ours")
    assert len(said) >= 39  # as many sentences and rows the page has; none may go
    rows = [row for title in PAGES for row in _rows(title)]
    assert all(len(row) == 3 and row[1] and list(_places(row[2])) for row in rows)
    assert all(len(row) == 2 and re.search(r"decisions? \d", row[1]) for row in ours)


def test_every_part_of_the_contract_has_an_origin() -> None:
    """A field, value, bound, parameter, response or header is the page's or listed as ours."""
    untraced = [part for part in _parts() if not _is_traced(part)]
    assert not untraced, (
        f'docs/trace.md has no row for: {", ".join(untraced)}. Add one under "What the page says"'
        ' or "What is ours"'
    )


def test_rows_of_the_page_lead_to_rules_of_the_page() -> None:
    """No row of the page leads to a rule that says it comes from elsewhere."""
    for title, origin in zip(PAGES, ("page", "vendor"), strict=True):
        places = [place for row in _rows(title) for place in _places(row[2])]
        led_to = {place.removeprefix("rule ") for place in places if place.startswith("rule ")}
        found = {rule_id: RULES[rule_id].origin for rule_id in led_to}
        assert found == dict.fromkeys(led_to, origin)


def test_nothing_is_both_said_and_ours() -> None:
    """What the page says is not listed as ours."""
    assert set(SAID) & set(OURS) == set()


def test_the_contradictions_are_each_answered() -> None:
    """Each contradiction says what is wrong and what the contract does about it."""
    rows = _rows("Where the page contradicts itself")
    assert len(rows) >= 10
    assert all(len(row) == 3 and all(row) for row in rows)
