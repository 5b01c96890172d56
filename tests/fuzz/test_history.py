"""A finding about what is stored can be repeated: its requests alone show it on a new server."""

from __future__ import annotations

import pytest

from tests.fuzz.shown_again import assert_shown_again, examples, served

FURTHER = (
    "stores-first-item", "resets-booleans", "clears-texts", "first-call-wins", "true-stays-true",
    "toggles-booleans", "loses-slot-name", "loses-false", "earlier-item-wins",
    "only-last-item-counts",
)  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    ["replaces-policy", *(pytest.param(name, marks=pytest.mark.system) for name in FURTHER)],
)
def test_the_requests_of_a_finding_bring_it_about_on_a_new_server(fault: str) -> None:
    """A server with the same fault shows what was received, and a right one does not."""
    assert_shown_again(fault)


def test_what_sets_the_fields_comes_first_and_says_so() -> None:
    """A request that leaves fields out is preceded by one that sets them, and by no more."""
    with served("replaces-policy") as checked:
        found = examples(checked, "plain requests", "fields")
    steps = found["omitted-field-keeps-its-value"][0].steps
    assert [step.prepares for step in steps] == [True, False, False]
