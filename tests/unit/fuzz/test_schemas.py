"""Validators of the contract's schemas, each compiled once."""

from __future__ import annotations

import copy

from drs_sync_policy import contract
from drs_sync_policy.fuzz.schemas import validator

LANGUAGE = {"$ref": "#/components/schemas/Language"}


def test_a_schema_of_a_contract_is_compiled_once() -> None:
    """However often the contract is loaded; with formats it is another validator."""
    first = validator(contract.load(), LANGUAGE)
    assert validator(contract.load(), dict(LANGUAGE)) is first
    assert validator(contract.load(), LANGUAGE, formats=True) is not first


def test_an_edited_contract_of_the_same_name_has_validators_of_its_own() -> None:
    """What a reference leads to depends on the document, not on the name of the edition."""
    base = contract.load()
    document = copy.deepcopy(dict(base.document))
    document["components"]["schemas"]["Language"]["enum"].append("fr-fr")
    edited = contract.Contract(document, base.edition)
    assert not validator(base, LANGUAGE).is_valid("fr-fr")
    assert validator(edited, LANGUAGE).is_valid("fr-fr")
