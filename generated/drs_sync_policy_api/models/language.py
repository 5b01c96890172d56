from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self


class Language(StrEnum):
    """The language of `error_msg`.

    A value that a newer server sends and the contract does not list is kept, and compares equal
    to its text.
    """

    EN_US = "en-us"
    """English (the default)"""
    ZH_CN = "zh-cn"
    """Simplified Chinese"""

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
    LanguageValue = (
        Language
        | Literal[
            "en-us",
            "zh-cn",
        ]
    )
else:
    LanguageValue = Language
