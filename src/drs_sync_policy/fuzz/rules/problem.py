"""What a check finds wrong, and how it says that it has nothing to check."""

from __future__ import annotations

from attrs import frozen

from drs_sync_policy.fuzz.ledger import Exchange, Stored


class Skip(Exception):
    """The rule says nothing about this evidence."""


@frozen
class Problem:
    """What was expected and what was received, in words and as data."""

    expected: str
    received: str
    fields: tuple[str, ...] = ()
    """The fields and parameters concerned, by their names in the contract."""
    expected_statuses: frozenset[int] = frozenset()
    """The statuses that were allowed, if the status is what is wrong."""
    received_status: int | None = None
    """The status that is wrong, 0 if there was no response."""
    place: str = ""
    """Where the problem is: a place in the response, or a job id."""
    stored: Stored | None = None
    """What is stored otherwise than it should be."""
    exchanges: tuple[Exchange, ...] = ()
    """The exchanges that show it; empty if all of the evidence does."""
