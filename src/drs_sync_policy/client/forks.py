"""What must not be shared with a process that was forked: connections, and locks that may be held.

The child would read the responses of its parent's requests, and wait for a lock that no thread of
its own holds. So whoever has such a thing is asked to replace it in the child.
"""

from __future__ import annotations

import os
from typing import Final, Protocol
from weakref import WeakSet


class Forked(Protocol):
    """What replaces something of its own in a process that was forked."""

    def after_fork(self) -> None: ...


_WATCHED: Final[WeakSet[Forked]] = WeakSet()


def watch(one: Forked) -> None:
    """Calls `after_fork` of this object in each child process, as long as it lives."""
    _WATCHED.add(one)


def _in_child() -> None:
    for one in list(_WATCHED):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
