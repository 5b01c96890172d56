"""Which ids of tests would differ from one process to the next.

xdist's workers collect the tests each for itself, and stop if one has an id that another has not. A
compressed body holds the time, the repr of an object its address, and that of a set any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_BYTES: Final = 12
"""More escaped bytes than this are binary data."""
_LONGEST: Final = 300
_UNSTABLE: Final = re.compile(
    rf"(\\x[0-9a-f]{{2}}.*){{{_BYTES + 1}}}|\\x1f\\x8b| at 0x[0-9a-f]{{6}}"
    rf"|\{{\d+(?:, \d+)+\}}|.{{{_LONGEST + 1}}}"
)


def unstable(names: Iterable[str]) -> Iterator[str]:
    """Those that hold binary data, an address or a set of numbers, or are too long to be read."""
    return (name for name in names if _UNSTABLE.search(name))
