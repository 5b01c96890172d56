from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self


class PartitionPolicy(StrEnum):
    """Which partition of its topic a change goes to. Mandatory for a job whose target is Kafka.
    The allowed values depend on `topic_policy`, and the sources disagree. This edition accepts
    a value if one source does: with 0 all six values, with 1 the values 0, 1, 2 and 5, with 2
    the values 0, 1, 2 and 3, with 3 the values 0 and 1, with 4 the values 0, 1 and 3. (Older
    SDKs have neither 4 nor 5 and accept fewer values with 1 and 2; the Terraform provider has
    no 4.)

    A value that a newer server sends and the contract does not list is kept, and compares equal
    to its text.
    """

    PARTITION_0 = "1"
    """All to partition 0."""
    PRIMARY_KEY_HASH = "2"
    """By a hash of the primary key."""
    SCHEMA_HASH = "3"
    """By a hash of database and schema."""
    TABLE_HASH = "0"
    """By a hash of database, schema and table."""
    VALUE_4 = "4"
    """Named by the newest SDK only, which does not say what it does."""
    VALUE_5 = "5"
    """Named by the newest SDK and the Terraform provider, which do not say what it does."""

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
    PartitionPolicyValue = (
        PartitionPolicy
        | Literal[
            "1",
            "2",
            "3",
            "0",
            "4",
            "5",
        ]
    )
else:
    PartitionPolicyValue = PartitionPolicy
