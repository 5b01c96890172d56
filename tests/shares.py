"""Which worker of xdist begins with which tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_shares(first: Mapping[str, Sequence[T]], rest: Sequence[T], workers: int) -> list[T]:
    """All tests in an order in which each worker begins with some of the modules in `first`.

    Each worker gets an equal part of the list, and workers that are done take over what others have
    last: so a module in `first` stays on one worker, and no worker has all of them.
    """
    shares: list[list[T]] = [[] for _ in range(workers)]
    for place, name in enumerate(sorted(first)):
        shares[place % workers] += first[name]
    left, everything = list(rest), list[T]()
    number = len(left) + sum(map(len, shares))
    for place, share in enumerate(shares):
        size = (number - len(everything)) // (workers - place)  # as xdist's `worksteal` divides
        filling = max(0, size - len(share))
        everything += [*share, *left[:filling]]
        del left[:filling]
    return everything + left
