"""`drs-sync-policy load`: what its users find, without Locust, and what it rejects."""

from __future__ import annotations

import itertools
import random
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drs_sync_policy import contract, sandbox
from drs_sync_policy.cli import exits, main
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.load import tally
from drs_sync_policy.fuzz.load.checking import Checks, Entry
from drs_sync_policy.fuzz.load.jobs import Jobs, places
from drs_sync_policy.fuzz.load.mix import Mix
from drs_sync_policy.fuzz.load.session import SMALL, NotServed, Session, Shared
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.profile import Target
from tests.processes import completed

USERS = 4


def _load(
    target: Target,
    *,
    until: Callable[[Ledger], bool],
    own: int = 1,
    lossy: bool = False,
    seconds: float = 90,
) -> tuple[Checks, Shared]:
    """What users in threads of this process see, until it suffices.

    `own` says how often they change jobs of their own. If it is `lossy`, every seventh entry does
    not fit into the queue.
    """
    against = contract.load()
    checks = Checks(target, against)
    operation = against.operation(contract.BATCH_SET_POLICY)
    oracle = Oracle(against, operation, target)
    numbers = itertools.count(1)

    def hand_over(entry: Entry, size: int) -> bool:
        if lossy and next(numbers) % 7 == 0:
            return False
        checks.add(entry)
        return True

    shared = Shared(oracle, Jobs(target, places(target)), Mix(oracle), hand_over)
    end = time.monotonic() + seconds

    def use(seed: int) -> None:
        source, wire = random.Random(seed), over_http(target)
        session = Session(shared, wire, seed=seed, named=lambda kind: None)
        turns = [*(session.own,) * own, session.strange, session.large, *(session.together,) * 2]
        while time.monotonic() < end and not until(checks.tally.ledger):
            try:
                source.choice(turns)()
            except NotServed:
                continue
        wire.close()

    with ThreadPoolExecutor(USERS) as pool:
        list(pool.map(use, range(USERS)))
    assert checks.tally.crashes == {}
    return checks, shared


@pytest.mark.parametrize(
    ("fault", "rule"),
    [("count-capped", "count-equals-results"), ("lost-updates", "concurrent-calls-take-turns")],
)
def test_users_find_a_fault(fault: str, rule: str) -> None:
    """By the check of its rule."""
    with sandbox.running(faults=[fault]) as server:
        target = profile.parse(sandbox.target_profile(server.url, tenants=server.tenants))
        checks, _ = _load(target, until=lambda ledger: ledger.status(rule) == "failed")
    assert checks.tally.ledger.status(rule) == "failed"


OF_HISTORY = (
    "accepted-policy-is-stored",
    "concurrent-calls-take-turns",
    "later-calls-win",
    "refused-request-changes-nothing",
)
"""Rules that a gap in the history of a job could fail."""
WANTED = (*OF_HISTORY, "foreign-job-looks-unknown", "invalid-body-is-refused")


@pytest.mark.parametrize("lossy", [False, True], ids=["all", "lossy"])
def test_users_of_a_correct_server_find_nothing(
    lossy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although they check what is stored, also after requests at the same time.

    A gap in the history of a job is not a violation, and what is missing is counted.
    """
    # Requests at once are for six users: do not wait long for those that are not there.
    monkeypatch.setattr("drs_sync_policy.fuzz.load.session._PATIENCE", 0.05)

    def enough(ledger: Ledger) -> bool:
        wanted = OF_HISTORY if lossy else WANTED
        return ledger.requests > 60 and all(map(ledger.times_checked, wanted))

    with sandbox.running() as server:
        target = profile.parse(sandbox.target_profile(server.url, tenants=server.tenants))
        checks, shared = _load(target, until=enough, own=3, lossy=lossy)
    assert [*checks.tally.ledger.violations()] == []
    assert enough(checks.tally.ledger)
    assert 0 < checks.tally.checked[SMALL] <= shared.sent.wanted[SMALL]
    assert (checks.tally.checked[SMALL] < shared.sent.wanted[SMALL]) == lossy
    total = {"counts": {**checks.tally.take()["counts"]}}
    tally.add(total, shared.sent.take(), origin="")
    small = next(share for share in tally.shares(total) if share.name == SMALL)
    assert small.missed == small.responses - small.checked
    assert bool(small.missed) == lossy


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


@pytest.mark.usefixtures("given_up_soon")
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


ANOTHER_LOAD = """
import threading
from drs_sync_policy.fuzz.load.parts import Part
from drs_sync_policy.fuzz.target.profile import Target, Tenant

class Second:
    hurried, ended = None, threading.Event()
    def end(self, patience):
        self.ended.wait(10)
    def hurry(self, patience):
        self.hurried = patience
        self.ended.set()

part = Part(Target(url="http://127.0.0.1:1", tenant=Tenant("t", "p", ("a",))))
old, new = Second(), Second()
part._second = old
finishing = threading.Thread(target=part.finish)
finishing.start()
while part._ending is None:
    finishing.join(0.01)
assert part._second is None  # so a new one is started
part._second = new
part.hurry(5.0)
finishing.join(10)
assert (old.hurried, part._second, part._is_finished) == (5.0, new, False)
"""


def test_a_load_that_begins_while_the_last_is_checked_keeps_its_checks() -> None:
    """The end of the last one takes nothing from it; Ctrl-C shortens that end."""
    done = completed([sys.executable, "-c", ANOTHER_LOAD])
    assert done.returncode == 0, done.stderr
