"""The error of an invalid body."""

from __future__ import annotations

from typing import Any

import pytest

from drs_sync_policy import contract
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.validation import BodyCheck


def test_unknown_fields_do_not_hide_the_error() -> None:
    """What they hold is not looked at: it may be too deep for an error to show, or too large."""
    loaded = contract.load()
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    with pytest.raises(Rejection) as caught:
        BodyCheck(loaded, loaded.operations[0]).check({"unknown": deep})
    assert caught.value.details == ("jobs",)
