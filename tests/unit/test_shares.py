"""`tests/shares.py`: which worker begins with which tests."""

from __future__ import annotations

import pytest

from tests.shares import in_shares


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_each_worker_begins_with_its_part_of_the_first_modules(workers: int) -> None:
    """No test is lost, a module stays whole, and parts are as xdist cuts them."""
    first = {"c": [*"ccc"], "a": [*"aa"], "b": [*"bbbb"]}
    ordered = in_shares(first, [*"." * 31], workers)
    assert sorted(ordered) == sorted([*"aabbbbccc", *"." * 31])
    left, begun = "".join(ordered), []
    for place in range(workers):
        size = len(left) // (workers - place)
        begun.append(left[:size].rstrip("."))
        left = left[size:]
    assert begun[:3] == {1: ["aabbbbccc"], 2: ["aaccc", "bbbb"]}.get(workers, ["aa", "bbbb", "ccc"])
    assert not any(begun[3:])


def test_more_first_tests_than_a_part_holds_are_all_there() -> None:
    """A worker then begins with what another one should have had."""
    assert sorted(in_shares({"a": [*"aaaa"], "b": [*"bb"]}, [*".."], 4)) == [*"..aaaabb"]
