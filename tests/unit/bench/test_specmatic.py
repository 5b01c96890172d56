"""Runs of Specmatic that do not end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import specmatic
from bench.specmatic import output, summary


@pytest.mark.parametrize(
    ("code", "seconds", "said"),
    [("import time; time.sleep(60)", 0.1, None), ("print('Tests run: 1')", 60, "Tests run: 1\n")],
    ids=["hangs", "ends"],
)
def test_a_command_that_does_not_end_in_time_is_given_up(
    code: str, seconds: float, said: str | None, tmp_path: Path
) -> None:
    """It ends neither the measurement nor counts as a result."""
    command = (sys.executable, "-c", code)
    assert output(command, folder=tmp_path, environment={}, seconds=seconds) == said


def test_a_run_that_did_not_finish_finds_nothing_and_is_counted() -> None:
    """The other runs are in the summary as well."""
    found = (
        specmatic.Tested(fault="a", tests=9, failed=2, seconds=3.0),
        specmatic.Tested(fault="b", tests=9, failed=0, seconds=5.0),
        specmatic.Tested(fault="c", tests=0, failed=0, seconds=600.0, finished=False),
    )
    assert summary(found) == "found: 1 of 3, 1 not finished in 600 s; a run: median 5.0 s"
