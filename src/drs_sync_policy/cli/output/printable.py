"""Texts of servers and files as a terminal may show them."""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = re.compile(
    # Controls, which a terminal obeys; marks that turn the direction of writing; halves of
    # characters, which cannot be written.
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str, *, lines: bool = False) -> str:
    """`text` with an escape in place of each character that a terminal does not show.

    Line ends stay where `lines` says that the text has several.
    """
    return _UNSEEN.sub(lambda found: _escape(found[0], lines=lines), text)


def _escape(character: str, *, lines: bool) -> str:
    if lines and character == "\n":
        return character
    code = ord(character)
    short = _SHORT.get(character)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
