"""Servers that attack the fuzzer: the whole program keeps to its budget and to little memory."""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fuzz import hostile, servers
from tests.fuzz.hostile import ATTACKS, Hostile
from tests.fuzz.started import started
from tests.system.memory import peak

BUDGET = 5.0
START = 20.0
"""Seconds that a busy machine may take to start the program and to write the report."""
MOST_MEMORY = 300 * 2**20


@pytest.mark.parametrize("after", [0, 100])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_hostile_server_costs_neither_time_nor_memory(
    attack: type[Hostile], after: int, tmp_path: Path
) -> None:
    """Budget and memory hold for the whole program, schemathesis's phases included."""
    with servers.serving(handler=hostile.later(attack, after=after)) as server:
        process = started(server, tmp_path, budget=BUDGET)
        ended = threading.Timer(BUDGET * 1.2 + START, process.kill)
        ended.start()
        most = 0
        while process.poll() is None:
            most = max(most, peak(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        ended.cancel()
    assert process.returncode in (1, 5, 6)
    assert 0 < most < MOST_MEMORY
    assert (tmp_path / "report" / "report.html").is_file()
