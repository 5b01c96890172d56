from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self


class SyncPolicyStatus(StrEnum):
    """Whether the item was carried out.

    A value that a newer server sends and the contract does not list is kept, and compares equal
    to its text.
    """

    FAILED = "failed"
    """The policy of the job was not set; `error_code` and `error_msg` say why."""
    SUCCESS = "success"
    """The policy of the job was set."""

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
    SyncPolicyStatusValue = (
        SyncPolicyStatus
        | Literal[
            "failed",
            "success",
        ]
    )
else:
    SyncPolicyStatusValue = SyncPolicyStatus
