from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self


class FilterDdlPolicy(StrEnum):
    """Which DDL is not replicated to the destination. No value stands for 'no filter': leave the
    field out instead.

    A value that a newer server sends and the contract does not list is kept, and compares equal
    to its text.
    """

    DROP_DATABASE = "drop_database"
    """DROP DATABASE statements are filtered out."""

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
    FilterDdlPolicyValue = FilterDdlPolicy | Literal["drop_database",]
else:
    FilterDdlPolicyValue = FilterDdlPolicy
