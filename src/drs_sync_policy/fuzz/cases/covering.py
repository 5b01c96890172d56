"""Covering arrays: few rows in which all combinations of a few dimensions occur.

A bug that needs two or three conditions at once is found without trying the product of all.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, TypeVar

T = TypeVar("T")
Row = dict[str, Any]
_Combination = frozenset[tuple[str, int]]


class InWords(str):
    """A row in words: what is unusual in it, separated by commas."""

    parts: Mapping[str, str]
    """The words of each dimension; empty for the usual value."""

    def __new__(cls, parts: Mapping[str, str]) -> Self:
        """The words of these dimensions."""
        made = super().__new__(cls, ", ".join(filter(None, parts.values())) or "a plain request")
        made.parts = parts
        return made


def in_turn(things: Iterable[T], kind: Callable[[T], Hashable]) -> list[T]:
    """The things with one of each kind first, then a second of each, and so on."""
    seen: Counter[Hashable] = Counter()
    ranked: list[tuple[int, T]] = []
    for thing in things:
        ranked.append((seen[kind(thing)], thing))
        seen[kind(thing)] += 1
    return [thing for _, thing in sorted(ranked, key=lambda entry: entry[0])]


def by_turns(*several: Iterable[T]) -> Iterator[T]:
    """The first of each of several, then the second of each, and so on.

    One iterator may be given more than once: it then has several turns in each round.
    """
    missing: Any = object()
    for row in itertools.zip_longest(*several, fillvalue=missing):
        yield from (thing for thing in row if thing is not missing)


def covering(dimensions: Mapping[str, Sequence[Any]], strength: int = 2) -> list[Row]:
    """Rows with a value for each dimension; all values of any `strength` dimensions meet in one.

    The first value of each dimension is the usual one: a row without a need has it.
    """
    sizes = {name: len(values) for name, values in dimensions.items()}
    strength = min(strength, len(sizes))
    wanted = dict.fromkeys(_combinations(sizes, strength))
    rows: list[Row] = []
    while wanted:
        row = _row(sizes, wanted, strength)
        for entries in itertools.combinations(row.items(), strength):
            wanted.pop(frozenset(entries), None)
        rows.append({name: dimensions[name][row[name]] for name in dimensions})
    return rows


def _combinations(sizes: Mapping[str, int], strength: int) -> Iterator[_Combination]:
    for names in itertools.combinations(sizes, strength):
        for numbers in itertools.product(*(range(sizes[name]) for name in names)):
            yield frozenset(zip(names, numbers, strict=True))


def _row(
    sizes: Mapping[str, int], wanted: Mapping[_Combination, None], strength: int
) -> dict[str, int]:
    """A row with the first combination that is wanted, and as many others as each value brings."""
    row = dict(next(iter(wanted)))
    for name, size in sizes.items():
        if name not in row:
            others = [frozenset(some) for some in itertools.combinations(row.items(), strength - 1)]
            gains = [sum(some | {(name, n)} in wanted for some in others) for n in range(size)]
            row[name] = gains.index(max(gains))
    return row
