"""All changes between two contracts: what Redocly sees, the rules, and the editions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve

from tools.diff import redocly, rules
from tools.diff.base import Contracts
from tools.diff.change import CLIENT, NEITHER, NOBODY, Change, Level

Json = Mapping[str, Any]


def compare(base: Json, revision: Json) -> list[Change]:
    """Every change between two contract documents, the gravest first."""
    found = {*redocly.compare(base, revision), *rules.compare(base, revision)}
    return sorted(found, key=lambda change: (-change.level, change.place, change.what))


def compare_all(before: Contracts, after: Contracts) -> list[Change]:
    """Every change of the base, then those that only an edition has, named after it."""
    found = compare(before.base, after.base)
    if not before.editions and before.name.endswith((".yaml", ".json")):
        return found  # a single file has no editions
    return [*found, *_editions(before, after, set(found))]


def _editions(before: Contracts, after: Contracts, seen: set[Change]) -> Iterator[Change]:
    for name in sorted(before.editions.keys() | after.editions.keys()):
        place = f"Edition `{name}`"
        if name not in before.editions:
            yield Change(Level.COMPATIBLE, NEITHER, place, "A new edition.", NOBODY)
        elif name in after.broken:
            continue  # the report says so; what it will be is not known
        elif name not in after.editions:
            yield Change(Level.BREAKING, NEITHER, place, "The edition was removed.", CLIENT)
        else:
            for change in compare(before.editions[name], after.editions[name]):
                if change not in seen:
                    yield evolve(change, place=f"{place}: {change.place}")
