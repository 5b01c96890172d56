"""Prose with `code` in it, for HTML."""

from __future__ import annotations

import re
from html import escape
from typing import Final

_CODE: Final = re.compile(r"`([^`]+)`")


def prose(text: str) -> str:
    """`text` as HTML: what is in backticks is code, so that no reader sees a backtick."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def plain(text: str) -> str:
    """`text` without the backticks around code."""
    return _CODE.sub(r"\1", text)
