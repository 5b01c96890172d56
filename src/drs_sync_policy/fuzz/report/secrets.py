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

from drs_sync_policy.fuzz.ledger import Violation
from drs_sync_policy.fuzz.report.masks import HIDDEN, masked, masks_of
from drs_sync_policy.fuzz.target.profile import Target

SHORTEST_PIECE: Final = 8
"""So many consecutive letters and digits of a secret are masked wherever they are."""
_SHORTEST_SLICE: Final = 4
"""So many characters in a header of a request are taken for a piece of the secret."""
_SHORTEST_SECRET: Final = 4
"""A shorter one occurs in every text by chance: it is hidden in headers of requests alone."""
_LONGEST_VALUE: Final = 20_000
_SEPARATORS: Final = "-_.: "
_QUOTED: Final = re.compile(r"`[^`]*`|\"[^\"]*\"|(?<!\w)'[^']*'")
_WORDS: Final = re.compile(r"[A-Za-z ,;:.()'-]+")
_PIPE: Final = '$(printf %s "${NAME}" | '


_FORMS: Final[Mapping[str, tuple[Callable[[str], str], str]]] = {
    "": (lambda s: s, "${NAME}"),
    "upper": (str.upper, "${NAME^^}"),
    "lower": (str.lower, "${NAME,,}"),
    "swapcase": (str.swapcase, "${NAME~~}"),
    "title": (str.title, _PIPE + "sed -E 's/([A-Za-z])([A-Za-z]*)/\\u\\1\\L\\2/g')"),
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
            # mypy cannot infer a lambda with defaults.
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
        self._masks = [m for secret, _ in self._secrets for m in masks_of(secret, SHORTEST_PIECE)]
        self._strict = [m for secret, _ in self._secrets for m in masks_of(secret, _SHORTEST_SLICE)]

    # --- what was sent ------------------------------------------------------------------------

    def header(self, value: str, *, secret: bool = False) -> tuple[Part, ...]:
        """A header's value, each piece of a secret in it as the way to make it again.

        In a `secret` header, one that was made of a secret, shorter pieces are masked as well, and
        all of it if no piece is found.
        """
        if value in self._whole:
            return (self._whole[value],)
        if not self._index or len(value) > _LONGEST_VALUE:
            return (HIDDEN,) if secret and len(value) >= _SHORTEST_SLICE else self.parts(value)
        masks = self._strict if secret else self._masks
        found: list[Part] = []
        place = plain = 0
        while place < len(value):
            piece = self._longest(value, place)
            if piece is None:
                place += 1
                continue
            if plain < place:
                found.append(masked(value[plain:place], masks))
            found.append(piece)
            place = plain = place + piece.stop - piece.start
        if secret and not found and len(value) >= _SHORTEST_SLICE:
            return (HIDDEN,)
        if plain < len(value):
            found.append(masked(value[plain:], masks))
        return tuple(found)

    def parts(self, text: str) -> tuple[Part, ...]:
        """A path or a body, each whole secret in it as the way to make it again."""
        return tuple(
            masked(part, self._masks) if isinstance(part, str) else part
            for part in self._whole_parts(text)
        )

    def _whole_parts(self, text: str) -> tuple[Part, ...]:
        """A text cut at the secrets that it holds in whole; nothing is masked."""
        found: list[Part] = []
        place = 0
        for match in self._pattern.finditer(text) if self._pattern else ():
            if match.start() > place:
                found.append(text[place : match.start()])
            found.append(self._whole[match[0]])
            place = match.end()
        if place < len(text) or not found:
            found.append(text[place:])
        return tuple(found)

    # --- what is only read --------------------------------------------------------------------

    def text(self, text: str) -> str:
        """`text` with each secret as its expansion in a shell, `$DRS_TOKEN`, and pieces masked."""
        return "".join(part if isinstance(part, str) else part.shell for part in self.parts(text))

    def case(self, violation: Violation, *, ours: bool) -> str:
        """What a case is, in words: of a case of `ours`, words that only look like a piece stay.

        Our own words stand outside of quotes and have letters alone. All else may be a value, and
        so may all of a case that a generator or somebody else made up.
        """
        if not ours or violation.generated:
            return self.text(violation.case)
        return "".join(
            "".join(self._own_words(part)) if isinstance(part, str) else part.shell
            for part in self._whole_parts(violation.case)
        )

    def cases(
        self, names: Iterable[str], violations: Iterable[Violation], *, ours: bool
    ) -> list[str]:
        """The cases of these names; one that no violation has is not ours."""
        known = {violation.case: violation for violation in violations}
        return [
            self.case(known[name], ours=ours) if name in known else self.text(name)
            for name in names
        ]

    def cause(self, text: str, violation: Violation, *, ours: bool) -> str:
        """The line of a finding with this example, its parts redacted one by one."""
        expected, received = violation.expected, violation.received
        if text != f"{violation.case}. Expected: {expected}. Received: {received}":
            return self.text(text)
        seen = f"Expected: {self.text(expected)}. Received: {self.text(received)}"
        return f"{self.case(violation, ours=ours)}. {seen}"

    def _own_words(self, text: str) -> Iterator[str]:
        """A text without whole secrets; its pieces in quotes, or with digits, are masked."""
        place = 0
        for quoted in _QUOTED.finditer(text):
            yield self._outside_quotes(text[place : quoted.start()])
            yield masked(quoted[0], self._masks)
            place = quoted.end()
        yield self._outside_quotes(text[place:])

    def _outside_quotes(self, text: str) -> str:
        return masked(text, self._masks, but=_WORDS)

    def body(self, body: bytes) -> bytes:
        """`body` with each secret and each piece of one masked."""
        if not any(mask.near(body) for mask in self._masks) and not self._holds(body):
            return body
        return self.text(body.decode("latin-1")).encode("latin-1")

    def _holds(self, body: bytes) -> bool:
        long = (secret for secret, _ in self._secrets if len(secret) >= _SHORTEST_SECRET)
        return any(secret.encode() in body for secret in long)

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


def _same(one: str, here: int, other: str, there: int) -> bool:
    return here < len(one) and there < len(other) and one[here] == other[there]


def _index(whole: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    index: dict[str, list[tuple[str, int]]] = {}
    for text in whole:
        for start in range(len(text) - _SHORTEST_SLICE + 1):
            index.setdefault(text[start : start + _SHORTEST_SLICE], []).append((text, start))
    return index
