"""A bug of the fuzzer itself: it says nothing about the server, and the report says so."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from attrs import frozen

BLAME: Final = (
    "This is a bug of the fuzzer, not of the server: please report it to the maintainers of "
    "drs-sync-policy, with the seed and the trace."
)
_INNERMOST: Final = -8
"""How many frames a trace shows."""
_PACKAGE: Final = str(Path(__file__).resolve().parent)


@frozen
class Crash:
    """What the fuzzer was doing, the exception that ended it, and its trace."""

    during: str
    error: str
    trace: str

    @classmethod
    def of(cls, error: BaseException, *, during: str) -> Crash:
        """The crash for an `error` that ended what the fuzzer was doing."""
        lines = traceback.format_exception(error, limit=_INNERMOST)
        text = "".join(traceback.format_exception_only(error)).strip()
        return cls(during=during, error=text, trace="".join(lines).rstrip())

    def __str__(self) -> str:
        return f"{self.during}: {self.error}"


def is_ours(error: BaseException) -> bool:
    """Whether `error` passed through code of the fuzzer."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(frame.filename.startswith(_PACKAGE) for frame in frames)
