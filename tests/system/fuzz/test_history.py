"""Findings about what is stored, of further faults, shown again on a new server."""

from __future__ import annotations

import pytest

from tests.fuzz.shown_again import assert_shown_again


@pytest.mark.parametrize(
    "fault",
    [
        "resets-booleans",
        "clears-texts",
        "first-call-wins",
        "true-stays-true",
        "toggles-booleans",
        "loses-slot-name",
        "loses-false",
        "earlier-item-wins",
        "only-last-item-counts",
    ],
)
def test_the_requests_of_a_finding_bring_it_about_on_a_new_server(fault: str) -> None:
    """A server with the same fault shows what was received, and a right one does not."""
    assert_shown_again(fault)
