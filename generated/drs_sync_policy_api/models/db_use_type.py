from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self


class DbUseType(StrEnum):
    """What a job is for.

    A value that a newer server sends and the contract does not list is kept, and compares equal
    to its text.
    """

    CLOUDDATAGUARD = "cloudDataGuard"
    """Disaster recovery"""
    MIGRATION = "migration"
    """Migration"""
    SYNC = "sync"
    """Synchronization; the jobs that have a policy."""

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
    DbUseTypeValue = (
        DbUseType
        | Literal[
            "cloudDataGuard",
            "migration",
            "sync",
        ]
    )
else:
    DbUseTypeValue = DbUseType
