"""The second process: what it gets, and what happens when one of the two dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drs_sync_policy.fuzz.traffic.second import Arrivals, Second

PATIENCE = 30.0


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The second process finds this module, and nothing that lies where it is started."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    (tmp_path / "attrs.py").write_text("raise SystemExit(9)", "utf-8")
    monkeypatch.chdir(tmp_path)


def add_up(arrivals: Arrivals, begin: int) -> int:
    """Reports the process, each sum, and how it ended."""
    arrivals.report(os.getpid())
    for number in arrivals:
        begin += number
        arrivals.report(begin)
    arrivals.report((arrivals.has_ended, arrivals.dropped, arrivals.last))
    return 7


def dawdle(arrivals: Arrivals) -> int:
    """Takes long for each entry."""
    for _ in arrivals:
        time.sleep(0.1)
    return 0


def fail(arrivals: Arrivals, at_the_end: bool) -> int:
    """Has a bug, which it meets at its first entry or after all of them."""
    for _ in arrivals:
        if not at_the_end:
            break
    raise RuntimeError("a bug")


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert done()


def test_it_gets_what_is_handed_over_in_order() -> None:
    """Its reports come back, and its exit code at the end."""
    reports: list[object] = []
    second = Second(add_up, (100,), received=reports.append)
    second.start()
    assert all(second.hand_over(number, 8) for number in (1, 2, 3))
    assert second.end("the end") == 7
    process, *sums = reports
    assert process != os.getpid()
    assert sums == [101, 103, 106, (True, 0, "the end")]


def test_a_full_queue_drops_and_never_waits() -> None:
    """What is dropped is counted, and the second process knows the number at the end."""
    reports: list[object] = []
    second = Second(add_up, (0,), received=reports.append, most_waiting=2)
    second.start()
    _until(lambda: len(reports) == 1)
    os.kill(int(str(reports[0])), signal.SIGSTOP)  # it takes nothing any more
    began = time.monotonic()
    taken = [second.hand_over(1, 1000) for _ in range(1000)]
    assert time.monotonic() - began < PATIENCE / 2
    os.kill(int(str(reports[0])), signal.SIGCONT)
    assert second.end() == 7
    assert 0 < sum(taken) < 1000
    assert second.dropped == 1000 - sum(taken)
    assert reports[-1] == (True, second.dropped, None)


def test_an_end_that_is_under_way_can_be_hurried() -> None:
    """What is still in the queue then is dropped."""
    second = Second(dawdle)
    second.start()
    size = 32 * 1024  # so that only a part fits into the socket
    assert all(second.hand_over(b"x" * size, size) for _ in range(600))
    threading.Timer(0.5, second.hurry, [0.0]).start()
    began = time.monotonic()
    assert second.end(patience=600) == 0
    assert time.monotonic() - began < PATIENCE
    assert 0 < second.dropped < 600


def test_a_killed_process_is_noticed() -> None:
    """Later entries are dropped; there is no exit code."""
    reports: list[object] = []
    died = threading.Event()
    second = Second(add_up, (0,), received=reports.append, died=died.set)
    second.start()
    _until(lambda: len(reports) == 1)
    os.kill(int(str(reports[0])), signal.SIGKILL)
    assert died.wait(PATIENCE)
    assert not second.hand_over(1, 8)
    assert second.dropped == 1
    assert second.end() is None


@pytest.mark.parametrize("at_the_end", [False, True])
def test_an_uncaught_error_is_no_exit_code(at_the_end: bool) -> None:
    """Python ends with 1, which would be a verdict; also while it works off the queue."""
    died: list[bool] = []
    second = Second(fail, (at_the_end,), died=lambda: died.append(True))
    second.start()
    assert second.hand_over(1, 8)
    if not at_the_end:
        _until(lambda: bool(died))
    assert second.end() is None
    assert died == [True]
