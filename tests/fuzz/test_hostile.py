"""Servers that attack the fuzzer: each run ends in time, in little memory, and with a report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tomlkit

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.report.describe import describe
from tests.fuzz import hostile, servers
from tests.fuzz.hostile import ATTACKS, Hostile

PROGRAM = Path(sys.executable).with_name("drs-sync-policy")
BUDGET = 10.0
START = 20.0
"""Seconds that a busy machine may take to start the program and to write the report."""
MOST_KB = 300 * 1024


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_run_against_a_hostile_server_ends(attack: type[Hostile]) -> None:
    """Nothing is accepted from it, and nothing is waited for beyond the budget."""
    with servers.serving(handler=attack) as server:
        verdict = run(servers.target(server, timeout=0.2), budget=1.5, schemathesis=False)
    assert verdict.ending in ("unreachable", "too little checked")
    assert verdict.reason
    assert not verdict.crashes


def test_a_server_with_many_headers_is_checked_like_any_other() -> None:
    """HTTP sets no limit to the number of headers."""
    with servers.serving(handler=hostile.ManyHeaders) as server:
        verdict = run(servers.target(server), budget=0, enough=lambda ledger: ledger.requests > 300)
    assert verdict.ending == "complete"
    assert not verdict.failed


def test_a_lowered_timeout_is_reported() -> None:
    """A response that comes after it might have come in time for the profile."""
    with servers.serving(handler=hostile.later(hostile.DrippedBody, after=30)) as server:
        verdict = run(servers.target(server, timeout=1), budget=1, schemathesis=False)
    assert any("0.5 s, less than the `timeout`" in note for note in describe(verdict).notes)


def test_a_redirect_is_not_followed_to_another_host() -> None:
    """The credentials go to the host of the profile and to no other."""
    with servers.serving() as elsewhere:
        url = f"http://127.0.0.1:{elsewhere.server_address[1]}/"
        attack = type("Redirecting", (hostile.Redirecting,), {"elsewhere": url})
        with servers.serving(handler=attack) as server:
            run(servers.target(server), budget=3)
        assert elsewhere.requests == 0


def test_a_server_that_throttles_for_ever_costs_no_more_than_the_allowance() -> None:
    """The allowance is for the whole run: scenarios do not wait for it one after the other."""
    with servers.serving(handler=hostile.later(hostile.Throttling, after=30)) as server:
        verdict = run(servers.target(server), budget=20, schemathesis=False)
    assert verdict.ending == "too little checked"
    assert "429" in verdict.ledger.reason("job-id-is-opaque")
    assert verdict.seconds < 20


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_first_signal_ends_the_run_with_a_report(
    number: signal.Signals, tmp_path: Path
) -> None:
    """Even while every worker waits for a response that never ends."""

    class Announcing(hostile.DrippedStatusLine):
        def attack(self) -> None:
            attacked.set()
            super().attack()

    attacked = threading.Event()
    with servers.serving(handler=hostile.later(Announcing, after=40)) as server:
        process = _started(server, tmp_path, timeout=60, budget=300)
        assert attacked.wait(60)
        process.send_signal(number)
        # Without the signal, it would wait for a minute.
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert (tmp_path / "report" / "report.html").is_file()


@pytest.mark.system
@pytest.mark.parametrize("after", [0, 100])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_hostile_server_costs_neither_time_nor_memory(
    attack: type[Hostile], after: int, tmp_path: Path
) -> None:
    """Budget and memory hold for the whole program, schemathesis's phases included."""
    with servers.serving(handler=hostile.later(attack, after=after)) as server:
        process = _started(server, tmp_path, budget=BUDGET)
        ended = threading.Timer(BUDGET * 1.2 + START, process.kill)
        ended.start()
        _, status, usage = os.wait4(process.pid, 0)
        ended.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (1, 5, 6)
    assert usage.ru_maxrss < MOST_KB
    assert (tmp_path / "report" / "report.html").is_file()


def _started(
    server: servers.Server, folder: Path, *, budget: float, **changes: object
) -> subprocess.Popen[bytes]:
    profile = folder / "target.toml"
    profile.write_text(tomlkit.dumps(servers.described(server, **changes)), encoding="utf-8")
    command = [str(PROGRAM), "fuzz", "--target", str(profile), "--budget", str(budget)]
    with (folder / "output.txt").open("wb") as output:
        return subprocess.Popen(
            [*command, "--report", str(folder / "report")], stdout=output, stderr=subprocess.STDOUT
        )
