"""What users can notice is what the committed snapshots say."""

from __future__ import annotations

import pytest

from tools import snapshots


@pytest.mark.parametrize("name", snapshots.QUICK)
def test_the_snapshot_is_up_to_date(name: str) -> None:
    """A difference is either a bug, or a change that its commit names."""
    difference = snapshots.difference(name)
    assert not difference, f"{snapshots.REWRITE}\n{difference}"
