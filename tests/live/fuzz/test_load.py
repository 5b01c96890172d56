"""`drs-sync-policy load`: what its users find, without Locust, and what it rejects."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drs_sync_policy import contract, sandbox
from drs_sync_policy.cli import exits, main
from drs_sync_policy.fuzz.evidence.encode import Encoder
from drs_sync_policy.fuzz.load.jobs import Jobs, places
from drs_sync_policy.fuzz.load.mix import Mix
from drs_sync_policy.fuzz.load.session import Lost, Session, Shared
from drs_sync_policy.fuzz.load.tally import Tally
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.traffic.checker import TrafficChecker

USERS = 4


def _shared(target: Target) -> Shared:
    checker = TrafficChecker(target, controlled=True)
    return Shared(
        checker=checker,
        tally=Tally(checker.ledger, Encoder.of(target)),
        jobs=Jobs(target, places(target)),
        mix=Mix(checker.oracle),
    )


def _load(target: Target, *, until: Callable[[Shared], bool], seconds: float = 20) -> Shared:
    """What users in threads of this process see, until it suffices."""
    shared, end = _shared(target), time.monotonic() + seconds

    def use(seed: int) -> None:
        source, wire = random.Random(seed), over_http(target)
        session = Session(shared, wire, seed=seed, named=lambda kind: None)
        turns = [session.own, session.strange, session.large, session.together, session.together]
        while time.monotonic() < end and not until(shared):
            try:
                source.choice(turns)()
            except Lost:
                continue
        wire.close()

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(USERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return shared


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("count-capped", "count-equals-results"),
        ("lost-updates", "concurrent-calls-take-turns"),
    ],
)
def test_users_find_a_fault(fault: str, rule: str) -> None:
    """By the check of its rule."""
    with sandbox.running(faults=[fault]) as server:
        target = profile.parse(sandbox.target_profile(server.url, tenants=server.tenants))
        shared = _load(
            target,
            until=lambda shared: shared.checker.ledger.status(rule) == "failed",
        )
    assert shared.checker.ledger.status(rule) == "failed"


def test_users_of_a_correct_server_find_nothing() -> None:
    """Although they check what is stored, also after requests at the same time."""
    wanted = (
        "accepted-policy-is-stored",
        "concurrent-calls-take-turns",
        "foreign-job-looks-unknown",
        "invalid-body-is-refused",
        "later-calls-win",
        "refused-request-changes-nothing",
    )

    def enough(shared: Shared) -> bool:
        ledger = shared.checker.ledger
        return ledger.requests > 60 and all(map(ledger.times_checked, wanted))

    with sandbox.running() as server:
        target = profile.parse(sandbox.target_profile(server.url, tenants=server.tenants))
        shared = _load(target, until=enough)
    assert [*shared.checker.ledger.violations()] == []
    assert enough(shared)
    assert shared.tally.checked["requests up to 16 KiB"] > 0


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Result]:
    """Runs the verb with a profile of these values."""

    def run(url: str, *options: str, token: str = "t", extra: str = "") -> Result:
        text = f'[target]\nurl = "{url}"\ntoken = "{token}"\nproject_id = "p"\njob_ids = ["a"]\n'
        path = tmp_path / "target.toml"
        path.write_text(text + extra, "utf-8")
        return CliRunner().invoke(main, ["load", "--target", str(path), *options])

    return run


def _real_url() -> str:
    return next(
        str(entry["url"]).replace("{region}", "eu-de")
        for edition in contract.editions()
        for entry in contract.load(edition).document["servers"]
        if "127.0.0.1" not in entry["url"] and "localhost" not in entry["url"]
    )


def test_a_load_that_cannot_begin_says_why(load: Callable[..., Result]) -> None:
    """The codes are those of `fuzz`; nothing of Locust is started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
        done = load(nowhere)
    assert done.exit_code == exits.UNREACHABLE, done.output
    with sandbox.running() as server:
        done = load(server.url)
        assert done.exit_code == exits.NOT_ALLOWED, done.output
        done = load(server.url, "--worker", "127.0.0.1")
        assert done.exit_code == exits.NOT_ALLOWED, done.output
    done = load("http://127.0.0.1:1", extra="colour = 1\n")
    assert done.exit_code == exits.WRONG_USE, done.output
    assert "colour" in done.output


def test_a_real_service_needs_permission_and_a_rate(load: Callable[..., Result]) -> None:
    """Before anything is sent, in a worker, too."""
    done = load(_real_url())
    assert done.exit_code == exits.WRONG_USE
    assert "allow_real_service" in done.output
    done = load(_real_url(), "--worker", "127.0.0.1")
    assert done.exit_code == exits.WRONG_USE
    assert "allow_real_service" in done.output
    done = load(_real_url(), extra="allow_real_service = true\n")
    assert done.exit_code == exits.WRONG_USE
    assert "--rate" in done.output


def test_a_worker_has_no_report(load: Callable[..., Result], tmp_path: Path) -> None:
    """Its master has it."""
    done = load("http://127.0.0.1:1", "--worker", "h", "--report", str(tmp_path / "report"))
    assert done.exit_code == exits.WRONG_USE
    assert "--report" in done.output
