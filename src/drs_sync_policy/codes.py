"""The vendor's error codes: status, both texts, meaning and remedy, and who wrote which text."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from itertools import chain, zip_longest
from typing import Literal

from attrs import frozen

Author = Literal["vendor", "ours"]


@frozen
class ErrorCode:
    """One row of the vendor's tables, completed where they are silent.

    `en` and `zh` are the texts on the wire, with `%s` for a detail that the server fills in;
    `en_by` and `zh_by` say whether a text is the vendor's or ours. `meaning` and `remedy` are
    ours. `seen` is `table`, or where a code is in no table: `wild` (seen in responses), `clients`
    (known only from the code of public clients).
    """

    code: str
    status: int
    issuer: Literal["service", "gateway"]
    en: str
    zh: str
    zh_by: Author
    meaning: str
    remedy: str
    en_by: Author = "vendor"
    seen: Literal["table", "wild", "clients"] = "table"

    def text(self, language: str = "en-us", *details: str) -> str:
        """The message in `en-us` or `zh-cn`, each `%s` replaced by the next of `details`.

        A `%s` without a detail stays; a detail without a `%s` is dropped.
        """
        parts = (self.zh if language == "zh-cn" else self.en).split("%s")
        filled = [*details, *["%s"] * len(parts)][: len(parts) - 1]
        return "".join(chain.from_iterable(zip_longest(parts, filled, fillvalue="")))


@cache
def all_codes() -> tuple[ErrorCode, ...]:
    """Every known code, in the order of the tables; a code with two statuses is there twice."""
    table = tomllib.loads(
        files("drs_sync_policy").joinpath("codes.toml").read_text(encoding="utf-8")
    )
    return tuple(ErrorCode(**row) for row in table["code"])


def find(code: str, status: int | None = None) -> ErrorCode | None:
    """The row of `code`, preferably the one for `status`; None if unknown.

    Examples:
        >>> from drs_sync_policy import codes
        >>> row = codes.find("DRS.M00304")
        >>> row.status, row.en
        (400, '...')
        >>> codes.find("DRS.NONE") is None
        True
    """
    rows = [row for row in all_codes() if row.code == code]
    return next((row for row in rows if row.status == status), rows[0] if rows else None)
