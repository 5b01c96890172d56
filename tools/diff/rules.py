"""Changes of `x-rules` and `x-tolerated-statuses`, which diff tools do not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.diff.change import BOTH, CLIENT, IMPLEMENTER, NOBODY, RESPONSE, RULE, Change, Level
from tools.documents import operations

Json = Mapping[str, Any]


def compare(base: Json, revision: Json) -> list[Change]:
    """The rules that were added, removed or reworded, operation by operation.

    A removed rule breaks clients, which rely on it; a new one breaks implementers, whose server may
    violate it; a reworded one may do either. A new source is cosmetic; other line breaks are not a
    change. `overrides/verdicts.yaml` is for a new wording that only clarifies.
    """
    before, after = _operations(base), _operations(revision)
    found: list[Change] = []
    for name in before.keys() & after.keys():
        place, old = before[name]
        _, new = after[name]
        found += _rules(place, old.get("x-rules", ()), new.get("x-rules", ()))
        found += _statuses(place, old, new)
    return found


def _operations(document: Json) -> dict[str, tuple[str, Json]]:
    """Each operation by method and path: a rule outlives a new operationId."""
    return {
        f"{method} {path}": (f"`{method.upper()} {path}`", operation)
        for path, method, operation in operations(document)
    }


def _rules(place: str, old: Any, new: Any) -> Iterator[Change]:
    before, after = ({rule["id"]: rule for rule in rules} for rules in (old, new))
    renamed = dict(_renamed(before, after))
    for name, rule in before.items():
        where = f"{place} rule `{name}`"
        if name in renamed:
            what = f"The rule is now called `{renamed[name]}`; waivers and reports name it."
            yield Change(Level.COMPATIBLE, RULE, where, what, BOTH)
        elif name not in after:
            what = f"The rule was removed: {_text(rule)}"
            yield Change(Level.BREAKING, RULE, where, what, CLIENT)
        elif _text(rule) != _text(after[name]):
            what = f"Its statement is now: {_text(after[name])} It was: {_text(rule)}"
            yield Change(Level.BREAKING, RULE, where, what, BOTH)
        else:
            for key in ("origin", "source"):
                if rule.get(key) != after[name].get(key):
                    what = f"Its {key} is `{after[name].get(key)}`; it was `{rule.get(key)}`."
                    yield Change(Level.COSMETIC, RULE, where, what, NOBODY)
    for name in after.keys() - before.keys() - set(renamed.values()):
        what = f"A new rule: {_text(after[name])}"
        where = f"{place} rule `{name}`"
        yield Change(Level.BREAKING, RULE, where, what, IMPLEMENTER)


def _renamed(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    new = {_text(after[name]): name for name in after.keys() - before.keys()}
    for name in before.keys() - after.keys():
        if _text(before[name]) in new:
            yield name, new[_text(before[name])]


def _text(rule: Json) -> str:
    return " ".join(str(rule["statement"]).split())


def _statuses(place: str, old: Json, new: Json) -> Iterator[Change]:
    before, after = (set(node.get("x-tolerated-statuses", ())) for node in (old, new))
    where = f"{place} `x-tolerated-statuses`"
    for status in sorted(after - before):
        what = f"{status} may come from a proxy in front of the service."
        yield Change(Level.COMPATIBLE, RESPONSE, where, what, CLIENT)
    for status in sorted(before - after):
        what = f"{status} is no longer tolerated."
        yield Change(Level.BREAKING, RESPONSE, where, what, IMPLEMENTER)
