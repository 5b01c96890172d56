"""`drs-sync-policy load` with Locust: alone, with workers, interrupted, and as a locustfile."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from drs_sync_policy.fuzz import load
from drs_sync_policy.fuzz.evidence import files as evidence
from drs_sync_policy.sandbox.seed import TENANTS
from tests.processes import PROGRAM, completed
from tests.system.children import checks_of
from tests.system.sandbox.server import served

pytestmark = pytest.mark.first  # the longest: all would wait for the last

LOCUST = str(Path(sys.executable).with_name("locust"))
USERS_FILE = str(Path(load.__file__).with_name("users.py"))
SECONDS = 15  # long enough for some rounds of requests at once, on a busy machine, too
PATIENCE = 180


@frozen
class Machine:
    """Where loads run: a folder with a profile of the sandbox that is under load."""

    folder: Path

    def start(self, *options: str) -> subprocess.Popen[str]:
        """The command `load` with these options."""
        return subprocess.Popen(
            [PROGRAM, "load", "--target", "target.toml", *options],
            cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def verdict(self) -> dict[str, Any]:
        """The verdict in the report, which has to follow its schema."""
        return evidence.read(self.folder / "report")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Starts a sandbox with faults, in a process of its own."""
    with ExitStack() as stack:

        def start(*faults: str) -> Machine:
            options = [option for fault in faults for option in ("--fault", fault)]
            server = stack.enter_context(served(*options))
            limit = sandbox.DEFAULT_MAX_BODY_BYTES
            document = sandbox.target_profile(server.url, tenants=TENANTS, max_body_bytes=limit)
            (tmp_path / "target.toml").write_text(sandbox.to_toml(document), "utf-8")
            return Machine(tmp_path)

        yield start


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _distributed(
    machine: Machine, seconds: float
) -> tuple[subprocess.Popen[str], list[subprocess.Popen[str]]]:
    """Two workers that come before their master, and the master."""
    port = str(_free_port())
    workers = [machine.start("--worker", "127.0.0.1", "--port", port) for _ in range(2)]
    master = machine.start(
        "--master", "--expect-workers", "2", "--port", port, "--users", "8",
        "--duration", str(seconds), "--report", "report",
    )  # fmt: skip
    return master, workers


def _verdict_of_both(here: Machine, seconds: float, code: int) -> dict[str, Any]:
    """The verdict of a load with two workers, which has the figures of both, and its pages."""
    master, workers = _distributed(here, seconds)
    output, _ = master.communicate(timeout=seconds + PATIENCE)
    ends = [worker.communicate(timeout=PATIENCE)[0] for worker in workers]
    assert master.returncode == code, output
    assert [worker.returncode for worker in workers] == [exits.DONE, exits.DONE], ends
    verdict = here.verdict()
    figures = verdict["load"]
    assert (figures["workers"], figures["lost"]) == (2, 0)
    assert figures["total"]["requests"] > 0
    assert figures["total"]["p95"] >= figures["total"]["median"] > 0
    assert sum(figures["latencies"].values()) == figures["total"]["requests"]
    small = next(entry for entry in figures["shares"] if entry["name"].startswith("requests up to"))
    assert small["checked"] == small["responses"] > 0
    page = (here.folder / "report" / "report.html").read_text("utf-8")
    assert page.count("<svg") == 2
    assert (here.folder / "report" / "junit.xml").exists()
    return verdict


def _exchanges(here: Machine) -> list[str]:
    return (here.folder / "report" / "exchanges.jsonl").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("count-capped", "count-equals-results"),
        ("lost-updates", "concurrent-calls-take-turns"),
    ],
)
def test_a_master_and_two_workers_find_a_fault(
    fault: str, rule: str, machine: Callable[..., Machine]
) -> None:
    """By its rule, in one verdict."""
    here = machine(fault)
    verdict = _verdict_of_both(here, SECONDS, exits.BROKEN)
    assert rule in {entry["id"] for entry in verdict["rules"] if entry["status"] == "failed"}
    assert len(_exchanges(here)) > 0


def test_a_killed_worker_does_not_spoil_the_verdict(machine: Callable[..., Machine]) -> None:
    """What it had reported counts, the other goes on, and the report says so."""
    here = machine("count-capped")
    master, workers = _distributed(here, 2 * SECONDS)
    assert master.stdout is not None
    for line in master.stdout:
        if line.startswith("2 of 2"):
            break
    with pytest.raises(subprocess.TimeoutExpired):
        workers[0].wait(SECONDS / 2)  # it works for a while
    workers[0].kill()
    output, _ = master.communicate(timeout=PATIENCE)
    assert workers[1].wait(PATIENCE) == exits.DONE
    for worker in workers:
        worker.communicate()
    assert master.returncode == exits.BROKEN, output
    assert "1 of 2 workers stopped before the end" in output
    figures = here.verdict()["load"]
    assert (figures["workers"], figures["lost"]) == (2, 1)
    assert figures["seconds"] >= 2 * SECONDS


def test_an_interrupted_load_has_a_verdict(machine: Callable[..., Machine]) -> None:
    """Of what was seen until then."""
    here = machine("count-capped")
    running = here.start("--users", "4", "--duration", "600", "--report", "report", "--quiet")
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(SECONDS)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == exits.INTERRUPTED, output
    assert "count-equals-results" in output
    assert here.verdict()["ending"] == "interrupted"


def test_a_rate_is_kept_and_a_busy_port_is_named(machine: Callable[..., Machine]) -> None:
    """Of all users together."""
    here = machine()
    running = here.start(
        "--users", "8", "--duration", str(SECONDS), "--rate", "20", "--report", "report"
    )
    output, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == exits.DONE, output
    assert "Checking the rest of the responses." in output
    figures = here.verdict()["load"]
    assert figures["rate"] == 20
    assert 0 < figures["total"]["requests"] <= 20 * SECONDS + 20
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running = here.start("--master", "--port", str(taken.getsockname()[1]))
        output, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == exits.WRONG_USE, output
    assert "cannot listen on 127.0.0.1" in output


def test_locust_runs_the_module_itself(machine: Callable[..., Machine]) -> None:
    """`locust -f`, also with processes of its own, writes the same report."""
    here = machine("count-capped")
    options = ["--target", "target.toml", "--headless", "--users", "6", "--spawn-rate", "6"]
    options += ["--run-time", f"{2 * SECONDS}s", "--report", "report", "--processes", "2"]
    done = completed([LOCUST, "-f", USERS_FILE, *options], cwd=here.folder, timeout=PATIENCE)
    assert done.returncode == exits.BROKEN, done.stderr
    assert "FAILED count-equals-results" in done.stdout
    assert here.verdict()["load"]["workers"] == 2


@pytest.mark.soak(usual=20, long=600)
def test_a_long_load_on_a_correct_server_finds_nothing(
    amount: int, machine: Callable[..., Machine]
) -> None:
    """With two workers; ten minutes in `make soak`."""
    here = machine()
    verdict = _verdict_of_both(here, amount, exits.DONE)
    checked = {entry["id"]: entry["checked"] for entry in verdict["rules"]}
    print(json.dumps({**{name: checked[name] for name in checked if checked[name]}}))
    print(f"{amount} s: {verdict['load']['total']['requests']} requests, no finding")
    assert {entry["id"] for entry in verdict["rules"] if entry["status"] == "failed"} == set()
    assert verdict["findings"] == []
    assert _exchanges(here) == []
    assert checked["concurrent-calls-take-turns"] > 0
    assert checked["later-calls-win"] > 0


def test_a_killed_process_of_checks_is_in_the_verdict(machine: Callable[..., Machine]) -> None:
    """What it had checked counts, but the verdict is not complete."""
    here = machine("count-capped")
    running = here.start("--users", "4", "--duration", str(2 * SECONDS), "--report", "report")
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith("FAILED count-equals-results"):  # as it happens
            break
    os.kill(checks_of(running.pid), signal.SIGKILL)
    output, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == exits.NOT_CHECKED, output
    assert "the process that checks the responses died" in output
    assert "FAILED count-equals-results" in output
    verdict = here.verdict()
    assert verdict["ending"] == "too little checked"
    assert [entry["rule"] for entry in verdict["findings"]] == ["count-equals-results"]
    small = next(entry for entry in verdict["load"]["shares"] if "up to" in entry["name"])
    assert 0 < small["checked"] < small["responses"]
    assert small["missed"] > 0
