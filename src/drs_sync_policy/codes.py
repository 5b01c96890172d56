"""The vendor's error codes: status, both texts, meaning and remedy, and who wrote which text."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from attrs import frozen


@frozen
class ErrorCode:
    """One row of the vendor's tables, completed where they are silent.

    `en` and `zh` are the texts on the wire, with `%s` for a detail that the server fills in;
    `zh_by` tells whether the Chinese text is the vendor's or ours. `meaning` and `remedy` are ours.
    """

    code: str
    status: int
    issuer: Literal["service", "gateway"]
    en: str
    zh: str
    zh_by: Literal["vendor", "ours"]
    meaning: str
    remedy: str
    seen: Literal["table", "wild"] = "table"

    def text(self, language: str = "en-us", *details: str) -> str:
        """The message in `en-us` or `zh-cn`, each `%s` replaced by the next of `details`."""
        message = self.zh if language == "zh-cn" else self.en
        for detail in details:
            message = message.replace("%s", detail, 1)
        return message


@cache
def all_codes() -> tuple[ErrorCode, ...]:
    """Every known code, in the order of the tables; a code with two statuses is there twice."""
    table = tomllib.loads(
        files("drs_sync_policy").joinpath("codes.toml").read_text(encoding="utf-8")
    )
    return tuple(ErrorCode(**row) for row in table["code"])


def find(code: str, status: int | None = None) -> ErrorCode | None:
    """The row of `code`, the one for `status` where there is such a one, or None if unknown."""
    rows = [row for row in all_codes() if row.code == code]
    return next((row for row in rows if row.status == status), rows[0] if rows else None)
