"""Which language a message is in, as far as its script shows."""

from __future__ import annotations

import functools
import unicodedata
from typing import Final

_HAN: Final = "CJK"
_NOT_ENGLISH: Final = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "CYRILLIC", "ARABIC", "HEBREW")


@functools.lru_cache(maxsize=4096)
def complaint(message: str, language: str) -> str | None:
    """What in `message` is not of the language, None where nothing is.

    By script alone: Chinese has a Chinese character, English has none and has a letter.
    """
    scripts = [unicodedata.name(letter, "").split(" ")[0] for letter in message]
    if language.startswith("zh"):
        return None if _HAN in scripts else "no Chinese character in it"
    if not language.startswith("en"):
        return None
    for letter, script in zip(message, scripts, strict=True):
        if script in _NOT_ENGLISH:
            return f"{letter!r} in it"
    return None if any(letter.isascii() and letter.isalpha() for letter in message) else "no letter"
