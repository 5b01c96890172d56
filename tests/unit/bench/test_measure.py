"""Measurements that can be trusted: ratios of one run, with honest bounds."""

from __future__ import annotations

import gc

import pytest

from bench.__main__ import measurements, run
from bench.measure import Bound, Comparison, Cost, Floor, Ratio, compare, table


def test_a_ratio_is_the_geometric_mean_of_the_rounds() -> None:
    """Twice as much and half as much are as much on the whole, and the bounds hold it."""
    ratio = Ratio.of([2.0, 0.5] * 20)
    assert ratio.middle == pytest.approx(1.0)
    assert ratio.low < 1.0 < ratio.high
    # pytest.approx is not a float for mypy.
    assert Ratio.of([3.0] * 10) == Ratio(pytest.approx(3.0), pytest.approx(3.0), pytest.approx(3.0))  # type: ignore[arg-type]


def test_a_bound_is_compared_with_the_upper_end_with_room_to_spare() -> None:
    """A ratio whose middle is below the bound, and whose upper end is not, does not hold."""
    assert Bound("x", Ratio(0.8, 0.7, 0.94), 1.0).holds
    assert not Bound("x", Ratio(0.8, 0.7, 0.96), 1.0).holds
    assert str(Bound("x", Ratio(0.8, 0.7, 1.2), 1.0)).endswith("at most 1 less 5%: it is NOT")


def test_a_floor_is_compared_with_the_lower_end() -> None:
    """A ratio whose middle is above the floor, and whose lower end is not, does not hold."""
    assert Floor("x", Ratio(0.4, 0.36, 0.5), 0.35).holds
    assert not Floor("x", Ratio(0.4, 0.34, 0.5), 0.35).holds
    assert str(Floor("x", Ratio(0.3, 0.2, 0.4), 0.35)).endswith("at least 0.35: it is NOT")


def test_variants_are_compared_round_by_round() -> None:
    """A round in which all is slow makes no ratio slow."""
    slow, fast = Cost(10.0, 10.0), Cost(1.0, 1.0)
    rounds = {"a": [fast, slow], "b": [Cost(2.0, 2.0), Cost(20.0, 20.0)]}
    compared = Comparison(rounds, "a")
    assert compared.ratio("b").middle == pytest.approx(2.0)
    assert compared.ratio("a", "b").high == pytest.approx(0.5)
    assert compared.median_cpu("b") == 11.0


def test_every_variant_runs_once_in_each_round() -> None:
    """All variants have as many rounds, each with the repetitions that were found for it."""
    calls: dict[str, list[int]] = {"a": [], "b": []}
    variants = {name: times.append for name, times in calls.items()}
    gc.freeze()  # Each turn begins with a collection, and this process is large.
    try:
        compared = compare(variants, reference="a", rounds=4, seconds=0.0001)
    finally:
        gc.unfreeze()
    assert [len(costs) for costs in compared.rounds.values()] == [4, 4]
    assert all(len(set(times[-4:])) == 1 for times in calls.values())


def test_tables_are_markdown() -> None:
    """A table can be pasted into a page as it is printed."""
    assert table(["a", "b"], [["x", "10"], ["yy", "2"]]) == (
        "| a  |  b |\n| -- | -: |\n| x  | 10 |\n| yy |  2 |"
    )


def test_measurements_are_found_by_their_main(capsys: pytest.CaptureFixture[str]) -> None:
    """A module with `main` is a measurement; an unknown name is an error with the choices."""
    assert "client" in measurements()
    assert "measure" not in measurements()
    assert run(["nothing"]) == 2
    assert "client" in capsys.readouterr().out
