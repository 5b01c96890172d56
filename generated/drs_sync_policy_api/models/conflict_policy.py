from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self


class ConflictPolicy(StrEnum):
    """What happens if a row already exists in the destination with other values.

    A value that a newer server sends and the contract does not list is kept, and compares equal
    to its text.
    """

    IGNORE = "ignore"
    """The conflict is ignored and the existing row stays."""
    OVERWRITE = "overwrite"
    """The existing row is overwritten by the conflicting one."""
    STOP = "stop"
    """An error is reported."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unlisted = str.__new__(cls, value)
        unlisted._name_ = value
        unlisted._value_ = value
        return unlisted


# What may be given for one: a member or its text. It is read as a member.
if TYPE_CHECKING:
    ConflictPolicyValue = (
        ConflictPolicy
        | Literal[
            "ignore",
            "overwrite",
            "stop",
        ]
    )
else:
    ConflictPolicyValue = ConflictPolicy
