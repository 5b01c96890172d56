"""Texts that are not shown in a repr, a log, a pickle or the locals of a traceback.

A traceback has the locals of every function on the way. A secret is wrapped in the first one,
before anything can be raised.
"""

from __future__ import annotations

from typing import Any, NoReturn, Self

from drs_sync_policy.runtime.errors import WrongUseError


class Secret:
    """A text that only `reveal` shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str | Secret) -> None:
        self._text: str = text.reveal() if isinstance(text, Secret) else text

    def reveal(self) -> str:
        """The text itself; do not keep it in a local variable: a traceback may show it."""
        return self._text

    def flaw(self, *, header: bool = True) -> str | None:
        """Why the text cannot be sent, in a header or in a body; None if it can."""
        if not _is_text(self._text):
            return "is missing or empty"
        if not header:
            return (
                "has a lone surrogate, which has no UTF-8" if _SURROGATES & {*self._text} else None
            )
        sendable = self._text.isascii() and self._text.isprintable()
        if not sendable or self._text != self._text.strip():
            return "has spaces, line ends or non-ASCII characters, which a header must not have"
        return None

    def __repr__(self) -> str:
        return "<secret>"

    def __deepcopy__(self, _: Any) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled; make the credentials where they are needed")


_SURROGATES = frozenset(map(chr, range(0xD800, 0xE000)))


def _is_text(given: object) -> bool:
    return isinstance(given, str) and bool(given)


def usable(secret: Secret, name: str, *, header: bool = True) -> Secret:
    """The secret, if it can be sent; neither the error nor its traceback shows its text."""
    flaw = secret.flaw(header=header)
    if flaw is not None:
        raise WrongUseError(f"`{name}` {flaw}")
    return secret


def usable_text(text: str, name: str, *, header: bool = True) -> str:
    """A text that is not secret, if it can be sent."""
    return usable(Secret(text), name, header=header).reveal()
