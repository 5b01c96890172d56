"""Starting commands and measuring what each costs."""

from __future__ import annotations

import sys

import pytest

from bench.command import measure

PYTHON = sys.executable


def test_each_command_is_started_once_in_each_round() -> None:
    """The first is the reference, and CPU is that of the process that was started."""
    busy = "sum(range(10_000_000))"
    measured = measure({"idle": (PYTHON, "-c", ""), "busy": (PYTHON, "-c", busy)}, 2)
    assert measured.reference == "idle"
    assert [len(costs) for costs in measured.rounds.values()] == [2, 2]
    assert measured.median_cpu("busy") > measured.median_cpu("idle") > 0


def test_a_command_that_fails_is_not_a_measurement() -> None:
    """It would be the fastest of all."""
    with pytest.raises(SystemExit, match="ended with 3"):
        measure({"fails": (PYTHON, "-c", "raise SystemExit(3)")}, 1)
