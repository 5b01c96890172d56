"""The exit codes of the command. If several hold, `worst` chooses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

DONE: Final = 0
BROKEN: Final = 1
"""Some jobs failed, some rule failed, or a policy that was set is stored otherwise."""
WRONG_USE: Final = 2
NOT_ALLOWED: Final = 3
"""The server rejected the credentials."""
OUTSIDE_CONTRACT: Final = 4
"""A response was outside the contract."""
UNREACHABLE: Final = 5
NOT_CHECKED: Final = 6
"""Nothing, or too little, could be checked; or this program failed."""
CHANGES: Final = 10
"""`plan` found something that `apply` would change."""
INTERRUPTED: Final = 130
"""Ctrl-C ended it: what shells expect."""

_ORDER: Final = (
    INTERRUPTED,
    UNREACHABLE,
    NOT_ALLOWED,
    NOT_CHECKED,
    OUTSIDE_CONTRACT,
    WRONG_USE,
    BROKEN,
    CHANGES,
    DONE,
)


def worst(codes: Iterable[int]) -> int:
    """The exit code if several hold: the first of 130, 5, 3, 6, 4, 2, 1, 10; 0 for none."""
    return min(codes, key=_ORDER.index, default=DONE)
