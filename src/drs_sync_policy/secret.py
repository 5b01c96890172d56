"""Texts that show themselves nowhere: not in a repr, a log, a pickle or a traceback's locals."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from drs_sync_policy.errors import WrongUseError


class Secret:
    """A text that shows itself only where it is asked to."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; do not keep it in a local variable, which a traceback may show."""
        return self._text

    def __repr__(self) -> str:
        return "<secret>"

    def __deepcopy__(self, _: Any) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled; make the credentials anew where they are needed")


def usable(text: Any, name: str, *, header: bool = True) -> str:
    """A credential that can be sent; the text of the error does not have it."""
    if not isinstance(text, str) or not text:
        raise WrongUseError(f"`{name}` is missing or empty")
    if header and not (text.isascii() and text.isprintable() and text == text.strip()):
        raise WrongUseError(
            f"`{name}` has spaces, line ends or non-ASCII characters, which no header may have"
        )
    return text
