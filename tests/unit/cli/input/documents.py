"""Documents of every shape, and what the places that were found in one lead to."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from drs_sync_policy.cli.input.places import Placed

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def leads_to(placed: Placed) -> dict[tuple[str | int, ...], Any]:
    """The value at each path that has a place."""
    found: dict[tuple[str | int, ...], Any] = {}
    for path in placed.places:
        value = placed.value
        for step in path:
            value = value[step]
        found[path] = value
    return found
