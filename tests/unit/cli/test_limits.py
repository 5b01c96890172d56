"""The bounds of a schema in words."""

from __future__ import annotations

from typing import Any

import pytest

from drs_sync_policy.cli.limits import limits


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "maxLength": 64}, ["at most 64 characters"]),
        ({"minLength": 1, "maxLength": 2}, ["at least 1 character", "at most 2 characters"]),
        ({"minimum": 0, "exclusiveMaximum": 9}, ["at least 0", "less than 9"]),
        ({"minItems": 1, "uniqueItems": True}, ["at least 1 item", "no item twice"]),
        ({"type": "boolean"}, []),
    ],
)
def test_each_bound_is_said(schema: dict[str, Any], said: list[str]) -> None:
    """One after the other, a single one in the singular."""
    assert list(limits(schema)) == said
