"""One bug of what a server stores is one finding: further bugs."""

from __future__ import annotations

import pytest

from tests.fuzz import storing
from tests.fuzz.servers import Handler
from tests.fuzz.storing import KEEPS, STORED, rules_of_findings, with_a_new_field


@pytest.mark.first
def test_a_field_that_the_server_does_not_know_yet_has_findings_of_its_own() -> None:
    """The contract is ahead of the server, which ignores the new field, valid or not."""
    found = rules_of_findings(Handler, with_a_new_field(), lambda entry: "readback" in entry.needs)
    assert {*found} == {STORED, "invalid-body-is-refused"}


@pytest.mark.parametrize(
    ("handler", "rule"),
    [
        (storing.LosingAll, STORED),
        (storing.Mistaking, STORED),
        (storing.ResettingBooleans, KEEPS),
        (storing.ResettingEnums, KEEPS),
        (storing.ClearingTexts, KEEPS),
    ],
)
def test_one_bug_of_what_is_stored_is_one_finding(handler: type[Handler], rule: str) -> None:
    """A plain request shows it; whatever else fails because of it is part of the finding."""
    assert rules_of_findings(handler) == [rule]
