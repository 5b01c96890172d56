from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self


class TopicPolicy(StrEnum):
    """Which topics changes go to. Mandatory for a job whose target is Kafka. The values that a job
    accepts depend on its engines. The Chinese pages have the value 4, for distributed GaussDB;
    the other sources stop at 3.

    A value that a newer server sends and the contract does not list is kept, and compares equal
    to its text.
    """

    DATABASE = "2"
    """One topic for each database."""
    GAUSSDB_DISTRIBUTED = "4"
    """For distributed GaussDB; the sources do not say what it does."""
    ONE_TOPIC = "0"
    """All changes go to the one topic that `topic` names."""
    SCHEMA = "3"
    """One topic for each schema of a database."""
    TABLE = "1"
    """One topic for each table, named after it as `topic_name_format` says."""

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
    TopicPolicyValue = (
        TopicPolicy
        | Literal[
            "2",
            "4",
            "0",
            "3",
            "1",
        ]
    )
else:
    TopicPolicyValue = TopicPolicy
