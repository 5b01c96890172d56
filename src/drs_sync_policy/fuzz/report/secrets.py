"""Secrets of a target, in whatever form a case or a server writes them: found, masked, rebuilt.

The fuzzer sends variants of a token: cut, in upper case, reversed, in base64. A report shows how
each was made of the token (`${DRS_TOKEN^^}`), so that a shell or `replay` can make it again. A
piece of a secret that nothing of ours made, as in a server's message, is masked.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from attrs import frozen

from drs_sync_policy.fuzz.target.profile import Target

HIDDEN: Final = "[redacted]"
SHORTEST_PIECE: Final = 8
"""So many consecutive letters and digits of a secret are masked wherever they are."""
_SHORTEST_SLICE: Final = 4
"""So many characters in a header of a request are taken for a piece of the secret."""
_SHORTEST_SECRET: Final = 4
"""A shorter one occurs in every text by chance: it is hidden in headers of requests alone."""
_LONGEST_VALUE: Final = 20_000
_SEPARATORS: Final = "-_.: "
_PIPE: Final = '$(printf %s "${NAME}" | '


def _title(text: str) -> str:
    return text.title()


_FORMS: Final[Mapping[str, tuple[Callable[[str], str], str]]] = {
    "": (lambda s: s, "${NAME}"),
    "upper": (str.upper, "${NAME^^}"),
    "lower": (str.lower, "${NAME,,}"),
    "swapcase": (str.swapcase, "${NAME~~}"),
    "title": (_title, _PIPE + "sed -E 's/([A-Za-z])([A-Za-z]*)/\\u\\1\\L\\2/g')"),
    "reversed": (lambda s: s[::-1], _PIPE + "rev)"),
    "quoted": (lambda s: quote(s, safe=""), _PIPE + "jq -sRr @uri)"),
    "percent": (
        lambda s: "".join(f"%{byte:02X}" for byte in s.encode()),
        _PIPE + "od -An -v -tx1 | tr a-f A-F | tr -d '\\n' | tr ' ' %)",
    ),
    "hex": (lambda s: s.encode().hex(), _PIPE + "od -An -v -tx1 | tr -d ' \\n')"),
    "base64": (lambda s: base64.b64encode(s.encode()).decode(), _PIPE + "base64 -w0)"),
    **{
        f"{old}{new}": (
            lambda s, old=old, new=new: s.replace(old, new),  # type: ignore[misc]
            f"${{NAME//{old}/{new}}}",
        )
        for old in _SEPARATORS
        for new in ("", *_SEPARATORS)
        if old != new
    },
}
"""What may be made of a secret, with what makes the same of it in bash. A pair of separators is
the first of them replaced by the second."""


@frozen
class Piece:
    """A part of what was made of a secret: characters `start` to `stop` of its `form`."""

    name: str
    form: str
    start: int
    stop: int
    whole: int
    """How many characters the form has."""

    @property
    def shell(self) -> str:
        """What bash expands to these characters, between double quotes."""
        expansion = _FORMS[self.form][1].replace("NAME", self.name)
        if self.start == 0 and self.stop == self.whole:
            return f"${self.name}" if not self.form else expansion
        if self.form:
            return f'$(printf %s "{expansion}" | cut -c{self.start + 1}-{self.stop})'
        if self.start == 0 and self.stop == self.whole - 1:
            return f"${{{self.name}%?}}"
        if self.stop == self.whole:
            return f"${{{self.name}:{self.start}}}"
        return f"${{{self.name}:{self.start}:{self.stop - self.start}}}"

    def to_json(self) -> dict[str, Any]:
        """The piece as a report's files have it."""
        return {"secret": self.name, "form": self.form, "start": self.start, "stop": self.stop}


Part = str | Piece


def value_of(parts: Iterable[Any], secrets: Mapping[str, str]) -> str:
    """The text that `parts`, as the files of a report have them, were made of."""
    return "".join(
        part
        if isinstance(part, str)
        else _FORMS[part["form"]][0](secrets[part["secret"]])[part["start"] : part["stop"]]
        for part in parts
    )


class Redactor:
    """Finds the secrets of one target in texts."""

    def __init__(self, target: Target) -> None:
        self.variables: tuple[str, ...] = tuple(target.variables)
        self._secrets = [(value, name.removeprefix("$")) for value, name in target.secrets]
        whole: dict[str, Piece] = {}
        for secret, name in self._secrets:
            for form, (make, _) in _FORMS.items():
                text = make(secret)
                whole.setdefault(text, Piece(name, form, 0, len(text), len(text)))
        self._whole = whole
        long = [text for text in whole if len(text) >= _SHORTEST_SECRET]
        ordered = sorted(long, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        self._index = _index(whole)
        self._masks = [mask for secret, _ in self._secrets for mask in _masks(secret)]

    # --- what was sent ------------------------------------------------------------------------

    def header(self, value: str) -> tuple[Part, ...]:
        """A header's value, each piece of a secret in it as the way to make it again."""
        if value in self._whole:
            return (self._whole[value],)
        if not self._index or len(value) > _LONGEST_VALUE:
            return self.parts(value)
        found: list[Part] = []
        place = plain = 0
        while place < len(value):
            piece = self._longest(value, place)
            if piece is None:
                place += 1
                continue
            if plain < place:
                found.append(self._masked(value[plain:place]))
            found.append(piece)
            place = plain = place + piece.stop - piece.start
        if plain < len(value):
            found.append(self._masked(value[plain:]))
        return tuple(found)

    def parts(self, text: str) -> tuple[Part, ...]:
        """A path or a body, each whole secret in it as the way to make it again."""
        found: list[Part] = []
        place = 0
        for match in self._pattern.finditer(text) if self._pattern else ():
            if match.start() > place:
                found.append(self._masked(text[place : match.start()]))
            found.append(self._whole[match[0]])
            place = match.end()
        if place < len(text) or not found:
            found.append(self._masked(text[place:]))
        return tuple(found)

    # --- what is only read --------------------------------------------------------------------

    def text(self, text: str) -> str:
        """`text` with each secret as its expansion in a shell, `$DRS_TOKEN`, and pieces masked."""
        return "".join(part if isinstance(part, str) else part.shell for part in self.parts(text))

    def body(self, body: bytes) -> bytes:
        """`body` with each secret and each piece of one masked."""
        if not any(mask.near(body) for mask in self._masks) and not self._holds(body):
            return body
        return self.text(body.decode("latin-1")).encode("latin-1")

    def _holds(self, body: bytes) -> bool:
        return any(secret.encode() in body for secret, _ in self._secrets if len(secret) >= 4)

    def _longest(self, value: str, place: int) -> Piece | None:
        best: Piece | None = None
        most = _SHORTEST_SLICE - 1
        for text, start in self._index.get(value[place : place + _SHORTEST_SLICE], ()):
            length = _SHORTEST_SLICE
            while _same(value, place + length, text, start + length):
                length += 1
            if length > most:
                whole = self._whole[text]
                best = Piece(whole.name, whole.form, start, start + length, len(text))
                most = length
        return best

    def _masked(self, text: str) -> str:
        raw = text.encode("utf-8", "surrogatepass")
        ranges = [found for mask in self._masks if mask.near(raw) for found in mask.ranges(text)]
        if not ranges:
            return text
        pieces: list[str] = []
        place = 0
        for start, stop in sorted(ranges):
            if start >= place:
                pieces += (text[place:start], HIDDEN)
            place = max(place, stop)
        return "".join((*pieces, text[place:]))


def _same(one: str, here: int, other: str, there: int) -> bool:
    return here < len(one) and there < len(other) and one[here] == other[there]


def _index(whole: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    index: dict[str, list[tuple[str, int]]] = {}
    for text in whole:
        for start in range(len(text) - _SHORTEST_SLICE + 1):
            index.setdefault(text[start : start + _SHORTEST_SLICE], []).append((text, start))
    return index


_OTHER: Final = bytes(n for n in range(256) if not chr(n).isalnum() or n > 127)
_GRAM: Final = 4


@frozen
class _Mask:
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


def _masks(secret: str) -> Iterator[_Mask]:
    raw = secret.encode()
    plain = raw.lower().translate(None, _OTHER)
    spellings = [
        (plain, SHORTEST_PIECE),
        (plain[::-1], SHORTEST_PIECE),
        (raw.hex().encode(), 2 * SHORTEST_PIECE),
        # Base64 has three alignments; 8 bytes are 11 of its characters.
        *((base64.b64encode(raw[n:]), SHORTEST_PIECE * 4 // 3) for n in range(3)),
    ]
    for text, shortest in spellings:
        spelling = text.lower().translate(None, _OTHER)
        if len(spelling) >= shortest:
            # A piece of the shortest length holds one of these grams whole, wherever it begins.
            step = shortest - _GRAM + 1
            starts = {*range(0, len(spelling) - _GRAM, step), len(spelling) - _GRAM}
            yield _Mask(spelling, shortest, tuple((n, spelling[n : n + _GRAM]) for n in starts))
