"""Wording that all messages share: the nearest name, counts, lists, cut and escaped values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_INVISIBLE: Final = re.compile(
    # Control characters, which a terminal obeys; marks that change the direction of writing;
    # lone surrogates, which cannot be encoded.
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CUTOFF: Final = 0.6


def nearest(
    name: object, names: Iterable[object], *, most: int = 1, cutoff: float = _CUTOFF
) -> list[str]:
    """Those of `names` that `name` is most likely meant to be, the best first; case is ignored."""
    # Imported late: few runs have a wrong name, and every run imports this module.
    from difflib import get_close_matches

    folded: dict[str, str] = {}
    for known in map(str, names):
        folded.setdefault(known.lower(), known)
    wanted = str(name).strip().lower()
    return [folded[match] for match in get_close_matches(wanted, folded, n=most, cutoff=cutoff)]


def did_you_mean(name: object, names: Iterable[object], *, lead: str = "; ") -> str:
    """`lead` and a question such as "did you mean `stop`?"; empty if no name is near."""
    near = nearest(name, names)
    if not near:
        return ""
    question = f"did you mean `{near[0]}`?"
    return lead + (question if lead.endswith("; ") else question[0].upper() + question[1:])


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """`1 job`, `2 jobs`, `2,000 jobs`."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"


def listed(names: Iterable[object], *, last: str = "or", quote: str = "`") -> str:
    """The names in quotes, as part of a sentence: "`a`, `b` or `c`"."""
    *before, end = [f"{quote}{name}{quote}" for name in names] or [""]
    return f"{', '.join(before)} {last} {end}" if before else end


def as_written(value: object) -> str:
    """A text as it is, any other value as JSON."""
    # Imported late: every run imports this module, and few have a value to show.
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shortened(text: str, most: int = 60) -> str:
    """`text` in at most `most` characters; dots and its last character end what is cut."""
    return text if len(text) <= most else f"{text[: most - 4]}...{text[-1]}"


def printable(text: str, *, lines: bool = False) -> str:
    """`text` with an escape in place of each character that a terminal does not show.

    Line ends are kept if `lines` is set.
    """
    return _INVISIBLE.sub(lambda found: _escape(found[0], lines=lines), text)


def _escape(character: str, *, lines: bool) -> str:
    if lines and character == "\n":
        return character
    code = ord(character)
    short = _SHORT.get(character)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
