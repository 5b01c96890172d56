"""Policies in places where the contract has none: there, they mean nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drs_sync_policy.fuzz.cases.bodies import ITEMS, Bodies


def misplaced(
    build: Bodies, job: str, policy: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], str]]:
    """Bodies with the policy in such places, each with what it is; the job is named alone."""
    bare = build.item(job)
    yield {**build.body([bare]), **policy}, f"each policy field next to `{ITEMS}`"
    yield {**build.body([bare]), "policy": policy}, f"a policy next to `{ITEMS}`"
    for name in ("policy", "policies", "data", "params", "attributes", "defaults"):
        yield build.body([{**bare, name: policy}]), f"a policy in `{name}`"
        yield build.body([{**bare, name: [policy]}]), f"a list of policies in `{name}`"
    for change, what in (
        (str.upper, "in upper case"),
        (_dashed, "with dashes"),
        (_camel, "in camel case"),
        (str.title, "with capitals"),
        (_squeezed, "without underscores"),
    ):
        fields = {change(name): value for name, value in policy.items() if change(name) != name}
        yield build.body([{**bare, **fields}]), f"the policy fields {what}"
    padded = {f"{name} ": value for name, value in policy.items()}
    yield build.body([{**bare, **padded}]), "the fields padded"
    yield build.body([{**bare, ITEMS: [build.item(job, **policy)]}]), "items within an item"
    yield {**build.body([bare]), "JOBS": [build.item(job, **policy)]}, "items under another name"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _squeezed(name: str) -> str:
    return name.replace("_", "")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
