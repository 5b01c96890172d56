from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self


class KafkaDataFormat(StrEnum):
    """How a change is written as a message. The default of a job is JSON. The Terraform provider
    and the newest SDK add `json_c`, for MySQL and TaurusDB; the other sources have `json` and
    `avro` only.

    A value that a newer server sends and the contract does not list is kept, and compares equal
    to its text.
    """

    AVRO = "avro"
    """Avro"""
    JSON = "json"
    """JSON"""
    JSON_C = "json_c"
    """A second form of JSON, for jobs from MySQL or TaurusDB."""

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
    KafkaDataFormatValue = (
        KafkaDataFormat
        | Literal[
            "avro",
            "json",
            "json_c",
        ]
    )
else:
    KafkaDataFormatValue = KafkaDataFormat
