"""Servers that attack the fuzzer: each run ends in time, in little memory, and with a report."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from drs_sync_policy.fuzz import stock
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.report.describe import describe
from tests.fuzz import hostile, servers
from tests.fuzz.hostile import ATTACKS
from tests.fuzz.started import started


@pytest.mark.parametrize("attack", sorted(ATTACKS.keys() - {"Redirecting"}))
def test_a_run_against_a_hostile_server_ends(attack: str) -> None:
    """Nothing is accepted from it, and nothing is waited for beyond the budget."""
    with servers.serving(handler=ATTACKS[attack]) as server:
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
    """The credentials go to the host of the profile and to no other.

    Once with the scenarios, and once with schemathesis alone.
    """
    with servers.serving() as elsewhere:
        url = f"http://127.0.0.1:{elsewhere.server_address[1]}/"
        attack = type("Redirecting", (hostile.Redirecting,), {"elsewhere": url})
        with servers.serving(handler=attack) as server:
            verdict = run(
                servers.target(server),
                budget=0,
                enough=lambda ledger: ledger.status("status-is-documented") == "failed",
            )
            prober = servers.prober(servers.target(server))
            # Schemathesis sends nothing while it builds its strategies: a second is too short for
            # that on a busy machine.
            assert any(stock.run(prober, seconds=seconds) for seconds in (1, 5, 25))
            prober.wire.close()
        assert elsewhere.requests == 0
    assert verdict.ending == "too little checked"
    assert verdict.ledger.status("status-is-documented") == "failed"  # no redirect is documented


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
        process = started(server, tmp_path, timeout=60, budget=300)
        assert attacked.wait(60)
        process.send_signal(number)
        # Without the signal, it would wait for a minute.
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert (tmp_path / "report" / "report.html").is_file()
