"""Few rows hold every combination; the most different things come first."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from drs_sync_policy.fuzz.cases.covering import by_turns, covering, in_turn


@pytest.mark.parametrize("strength", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_all_values_of_some_dimensions_meet(strength: int, seed: int) -> None:
    """In fewer rows than the product has."""
    sizes = random.Random(seed)
    dimensions = {name: range(sizes.randint(1, 5)) for name in "abcdef"}
    rows = covering(dimensions, strength)
    for names in itertools.combinations(dimensions, strength):
        seen = {tuple(row[name] for name in names) for row in rows}
        assert seen == set(itertools.product(*(dimensions[name] for name in names)))
    assert len(rows) <= math.prod(len(values) for values in dimensions.values())


def test_pairs_need_few_rows() -> None:
    """Ten dimensions of three values have 59,049 combinations."""
    assert len(covering({str(n): "abc" for n in range(10)})) < 30


def test_one_of_each_kind_comes_first() -> None:
    """Then a second of each, in the given order."""
    assert in_turn(["a1", "a2", "a3", "b1", "b2"], lambda text: text[0]) == [
        "a1", "b1", "a2", "b2", "a3",
    ]  # fmt: skip


def test_several_take_turns_until_all_are_at_their_end() -> None:
    """One that is given twice has two turns in each round; None is a thing like any other."""
    twice = iter("abc")
    assert [*by_turns([1, None, 3, 4], twice, twice)] == [1, "a", "b", None, "c", 3, 4]
