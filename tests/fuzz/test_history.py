"""A finding about what is stored can be repeated: its requests alone show it on a new server."""

from __future__ import annotations

import pytest

from tests.fuzz.shown_again import assert_shown_again, examples, served


@pytest.mark.parametrize(
    "fault", ["replaces-policy", pytest.param("stores-first-item", marks=pytest.mark.system)]
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
