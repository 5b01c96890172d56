"""Secrets replaced by the shell variables that stand for them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote

from drs_sync_policy.fuzz.target.profile import Target

HIDDEN: Final = "[redacted]"
_LONGEST_SHARED: Final = 8
"""A text that shares so many characters with a secret is not shown."""

# What a case may make of a secret, with bash's expansion that makes the same.
_VARIANTS: Final[tuple[tuple[Callable[[str], str], str], ...]] = (
    (lambda s: s[:-1], "${NAME%?}"),
    (lambda s: s[1:], "${NAME#?}"),
    (lambda s: s.upper(), "${NAME^^}"),
    (lambda s: s.lower(), "${NAME,,}"),
    (lambda s: s.swapcase(), "${NAME~~}"),
    (lambda s: s[: len(s) // 2], "${NAME:0:${#NAME}/2}"),
    (lambda s: s[:1], "${NAME:0:1}"),
)


class Redactor:
    """Hides the secrets of one target, and every text that gives most of one away."""

    def __init__(self, target: Target) -> None:
        self._names = dict(_spellings(target))
        self.variables: tuple[str, ...] = tuple(target.variables)
        ordered = sorted(self._names, key=len, reverse=True)
        self._spellings = [spelling for spelling in ordered if spelling]
        # Most of a secret is as good as the secret, wherever it was cut.
        self._pieces = {
            secret[n : n + _LONGEST_SHARED].lower()
            for secret, _ in target.secrets
            for n in range(max(1, len(secret) - _LONGEST_SHARED + 1))
            if len(secret) >= _LONGEST_SHARED
        }

    def text(self, text: str) -> str:
        """`text` with each secret replaced by its variable, as `$DRS_TOKEN`."""
        for spelling in self._spellings:
            text = text.replace(spelling, self._names[spelling])
        return self._masked(text)

    def _masked(self, text: str) -> str:
        lower = text.lower()
        if not any(piece in lower for piece in self._pieces):
            return text
        keep = [True] * len(text)
        for piece in self._pieces:
            start = lower.find(piece)
            while start >= 0:
                keep[start : start + len(piece)] = [False] * len(piece)
                start = lower.find(piece, start + 1)
        return "".join(_runs(text, keep))


def _runs(text: str, keep: list[bool]) -> Iterator[str]:
    hidden = False
    for character, kept in zip(text, keep, strict=False):
        if kept:
            yield character
        elif not hidden:
            yield HIDDEN
        hidden = not kept


def _spellings(target: Target) -> Iterator[tuple[str, str]]:
    for secret, name in target.secrets:
        for change, expansion in _VARIANTS:
            variant = change(secret)
            # A short variant occurs by chance: "x" would be redacted out of every word.
            if len(variant) >= _LONGEST_SHARED:
                yield variant, expansion.replace("NAME", name.removeprefix("$"))
        yield quote(secret, safe=""), name
        yield base64.b64encode(secret.encode()).decode(), f"[{name} in base64]"
    for secret, name in target.secrets:
        yield secret, name
