"""Pieces of a secret in any text, in whatever case and with whatever separators: masked."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

HIDDEN: Final = "[redacted]"
_OTHER: Final = bytes(n for n in range(256) if not chr(n).isalnum() or n > 127)
_GRAM: Final = 4


@frozen
class Mask:
    """One spelling of a secret, its letters and digits alone, and how long a piece is masked."""

    spelling: bytes
    shortest: int
    grams: tuple[tuple[int, bytes], ...]

    def near(self, raw: bytes) -> bool:
        """Whether `raw` may hold a piece."""
        plain = raw.lower().translate(None, _OTHER)
        return next(self._found(plain), None) is not None

    def ranges(self, text: str) -> Iterator[tuple[int, int]]:
        """Where `text` holds a piece, with whatever stands between its letters and digits."""
        places = [n for n, letter in enumerate(text) if letter.isascii() and letter.isalnum()]
        plain = "".join(text[n] for n in places).lower().encode()
        for start, stop in self._found(plain):
            yield places[start], places[stop - 1] + 1

    def _found(self, plain: bytes) -> Iterator[tuple[int, int]]:
        for offset, gram in self.grams:
            place = plain.find(gram)
            while place >= 0:
                start, stop = self._run(plain, place, offset)
                if stop - start >= self.shortest:
                    yield start, stop
                place = plain.find(gram, place + 1)

    def _run(self, plain: bytes, place: int, offset: int) -> tuple[int, int]:
        start, stop = place, place + _GRAM
        at, end = offset, offset + _GRAM
        while start > 0 and at > 0 and plain[start - 1] == self.spelling[at - 1]:
            start, at = start - 1, at - 1
        while stop < len(plain) and end < len(self.spelling) and plain[stop] == self.spelling[end]:
            stop, end = stop + 1, end + 1
        return start, stop


def masks_of(secret: str, least: int) -> Iterator[Mask]:
    """The masks for pieces of at least `least` characters of a secret."""
    raw = secret.encode()
    plain = raw.lower().translate(None, _OTHER)
    spellings = [
        (plain, least),
        (plain[::-1], least),
        (raw.hex().encode(), 2 * least),
        # Base64 has three alignments; 8 bytes are 11 of its characters.
        *((base64.b64encode(raw[n:]), least * 4 // 3) for n in range(3)),
    ]
    for text, shortest in spellings:
        spelling = text.lower().translate(None, _OTHER)
        if len(spelling) >= shortest:
            # A piece of the shortest length holds one of these grams whole, wherever it begins.
            step = shortest - _GRAM + 1
            starts = {*range(0, len(spelling) - _GRAM, step), len(spelling) - _GRAM}
            yield Mask(spelling, shortest, tuple((n, spelling[n : n + _GRAM]) for n in starts))


def masked(text: str, masks: Iterable[Mask], *, but: re.Pattern[str] | None = None) -> str:
    """`text` without the pieces that the masks find; what `but` matches in whole stays."""
    raw = text.encode("utf-8", "surrogatepass")
    ranges = [found for mask in masks if mask.near(raw) for found in mask.ranges(text)]
    if but:
        ranges = [(start, stop) for start, stop in ranges if not but.fullmatch(text, start, stop)]
    if not ranges:
        return text
    pieces: list[str] = []
    place = 0
    for start, stop in sorted(ranges):
        if start >= place:
            pieces += (text[place:start], HIDDEN)
        place = max(place, stop)
    return "".join((*pieces, text[place:]))
