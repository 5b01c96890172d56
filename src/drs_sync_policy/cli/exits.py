"""The exit codes of the command. Where several hold, the first of 130, 5, 3, 6, 1 is given."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
BROKEN: Final = 1
"""Some jobs failed, or some promise was broken."""
WRONG_USE: Final = 2
NOT_ALLOWED: Final = 3
"""The server refused the credentials."""
OUTSIDE_CONTRACT: Final = 4
"""An answer was none that the contract knows."""
UNREACHABLE: Final = 5
NOT_JUDGED: Final = 6
"""Nothing, or too little, could be judged."""
INTERRUPTED: Final = 130
"""Ctrl-C ended it: what shells expect."""
