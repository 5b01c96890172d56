"""What the fuzzer finds, and how fast, compared with stock schemathesis: over the sandbox's faults.

`python bench/fuzz.py` prints a table and writes it to `reports/bench-fuzz.json`. Each fault is
served by a sandbox of its own; the fuzzer stops at the first violation, stock schemathesis at its
first failure. `--every N` takes each Nth fault, `--stock-every N` as much for schemathesis, which
takes 15 to 20 seconds for a fault that it does not find.
"""

from __future__ import annotations

import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
from attrs import asdict, frozen

from bench.measure import write_report
from bench.sandboxes import SANDBOX, cpu_seconds, server
from drs_sync_policy import contract, sandbox
from drs_sync_policy.cli.output.verdict import any_violation
from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.active import Progress, run
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.sandbox import faults
from drs_sync_policy.sandbox.faults import Fault, groups
from tests.fuzz import servers
from tests.fuzz.faulty import FAULTY
from tests.fuzz.found import planted, target_at
from tools.documents import ROOT


@frozen
class Found:
    """What became of one fault: whether it was found, after how long and how many requests."""

    fault: str
    kind: str
    found: bool
    seconds: float
    requests: int
    by_its_rule: bool = False


_GROUPS = {fault.name: group for group, members in groups().items() for fault in members}


def ours(fault: Fault, *, seed: int, budget: float) -> Found:
    """The fuzzer, until its first violation."""
    with sandbox.running(faults=[fault.name]) as served:
        described = target_at(served.url)
        verdict = run(described, seed=seed, budget=budget, enough=any_violation)
    return _found(verdict, fault.name, _GROUPS[fault.name], rule=fault.rule)


def _found(verdict: Verdict, fault: str, kind: str, *, rule: str = "") -> Found:
    return Found(
        fault=fault,
        kind=kind,
        found=any_violation(verdict.ledger),
        seconds=verdict.first_failure if verdict.first_failure is not None else verdict.seconds,
        requests=verdict.requests_to_failure or verdict.ledger.requests,
        by_its_rule=any(entry.rule == rule for entry in verdict.ledger.violations()),
    )


def stock(fault: Fault | None, *, seed: int, budget: float) -> Found:
    """`schemathesis run` with default settings, credentials from its configuration.

    It runs on the operation that a server must have, as ours does: on an optional one it takes a
    documented 400 of the sandbox without a fault for a failure.
    """
    with (
        sandbox.running(faults=[fault.name] if fault else []) as served,
        tempfile.TemporaryDirectory() as folder,
    ):
        tenant = served.tenants[0]
        config = Path(folder) / "schemathesis.toml"
        config.write_text(
            f'base-url = "{served.url}"\nseed = {seed}\nmax-failures = 1\n'
            f'[auth.openapi.X-Auth-Token]\napi_key = "{tenant.token}"\n'
            f'[parameters]\n"path.project_id" = "{tenant.project_id}"\n',
            encoding="utf-8",
        )
        document = Path(folder) / "openapi.json"
        document.write_text(json.dumps(contract.load().document), encoding="utf-8")
        started = time.monotonic()
        command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config)]
        command += ["run", str(document), "--no-color"]
        command += ["--include-operation-id", contract.BATCH_SET_POLICY]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=budget * 4, check=False, cwd=folder
        )
        requests = re.search(r"(\d+) generated", done.stdout)
    return Found(
        fault=fault.name if fault else "none",
        kind=_GROUPS[fault.name] if fault else "none",
        found=done.returncode == 1,
        seconds=time.monotonic() - started,
        requests=int(requests[1]) if requests else 0,
    )


def alarms(seeds: Sequence[int], *, budget: float) -> dict[int, list[str]]:
    """The rules that a faultless sandbox fails, by seed: all of them false alarms."""
    found: dict[int, list[str]] = {}
    for seed in seeds:
        with sandbox.running() as served:
            verdict = run(target_at(served.url), seed=seed, budget=budget)
        found[seed] = sorted({violation.rule for violation in verdict.ledger.violations()})
    return found


@frozen
class Spent:
    """What a part of a run cost: requests, CPU seconds of the fuzzer and of the server."""

    requests: int
    fuzzer: float
    server: float

    @property
    def rate(self) -> float:
        """Checked requests per second if each of the two has a core of its own."""
        return self.requests / max(self.fuzzer, self.server)


def sets(*, budget: float) -> dict[str, Spent]:
    """The cost of each set of scenarios, on a faultless sandbox in its own process."""
    marks: list[tuple[str, int, float, float]] = []
    ledgers: list[Ledger] = []

    def seen(ledger: Ledger) -> bool:
        ledgers[:] = [ledger]
        return False

    with server(*SANDBOX, "--port") as served:

        def phase(name: str) -> None:
            requests = ledgers[0].requests if ledgers else 0
            marks.append((name, requests, time.process_time(), cpu_seconds(served.pid)))

        progress, described = Progress(phase=phase), target_at(served.url)
        run(described, budget=budget, schemathesis=False, progress=progress, enough=seen)
    found: dict[str, Spent] = {}
    for now, then in itertools.pairwise(marks):
        name = _SETS.get(now[0], "the rest")
        spent = [after - before for before, after in zip(now[1:], then[1:], strict=True)]
        before = found.get(name, Spent(0, 0.0, 0.0))
        found[name] = Spent(
            before.requests + int(spent[0]), before.fuzzer + spent[1], before.server + spent[2]
        )
    return found


_SETS = {
    entry.name: "deep set" if entry.deep else "required" if entry.required else "first set"
    for entry in scenarios.ordered()
}


def inside(*, budget: float) -> Spent:
    """Every scenario of ours on a faultless sandbox in this process: both share its CPU time."""
    before = time.process_time()
    with planted() as (described, wire):
        verdict = run(described, wire=wire, budget=budget, schemathesis=False)
    return Spent(verdict.ledger.requests, time.process_time() - before, 0.0)


def bare(*, requests: int = 2000) -> Spent:
    """The wire alone, to a server that sends a constant response: nothing is checked."""
    with server(sys.executable, ROOT / "bench" / "bare.py") as served:
        described = target_at(served.url)
        wire = over_http(described)
        path = f"/v3/{described.tenant.project_id}/jobs/batch-sync-policy"
        message = Request("POST", path, (("Content-Type", "application/json"),), b"{}")
        before = time.process_time(), cpu_seconds(served.pid)
        for _ in range(requests):
            wire.send(message)
        spent = time.process_time() - before[0], cpu_seconds(served.pid) - before[1]
        return Spent(requests, *spent)


def faulty(name: str, *, budget: float) -> Found:
    """The fuzzer on a server with one bug that no case knows, until its first violation."""
    with servers.serving(handler=FAULTY[name]) as served:
        verdict = run(
            servers.target(served), seed=1, budget=budget, schemathesis=False, enough=any_violation
        )
    return _found(verdict, name, "faulty")


def _table(name: str, found: list[Found]) -> None:
    click.echo(f"\n{name}")
    for kind in sorted({entry.kind for entry in found}):
        of_kind = [entry for entry in found if entry.kind == kind]
        click.echo(f"  {kind:<12} {sum(e.found for e in of_kind):>3} of {len(of_kind)}")
    caught = [entry for entry in found if entry.found]
    share = len(caught) / len(found) if found else 0
    click.echo(f"  all          {len(caught):>3} of {len(found)} ({share:.0%})")
    if caught:
        seconds = sorted(entry.seconds for entry in caught)
        requests = statistics.median(entry.requests for entry in caught)
        late = seconds[int(len(seconds) * 0.95)]
        click.echo(
            f"  to the first violation: median {statistics.median(seconds):.2f} s and "
            f"{requests:.0f} requests, 95th percentile {late:.2f} s, last {seconds[-1]:.2f} s"
        )
    for entry in found:
        if not entry.found:
            click.echo(f"  missed: {entry.fault}")


@click.command()
@click.option("--every", default=1, help="Take each Nth fault.")
@click.option("--stock-every", default=6, help="Each Nth for stock schemathesis; 0 for none.")
@click.option("--seeds", default=20, help="How many seeds on the faultless sandbox.")
@click.option("--budget", default=30.0, help="Seconds for each run.")
def main(every: int, stock_every: int, seeds: int, budget: float) -> None:
    """Measure the fuzzer over the sandbox's faults."""
    catalogue = faults.catalogue()
    spent = {"bare wire and server": bare(), **sets(budget=300), "in process": inside(budget=300)}
    for name, cost in spent.items():
        click.echo(
            f"{name:<22} {cost.requests:>6} requests, CPU seconds {cost.fuzzer:5.2f} of the fuzzer,"
            f" {cost.server:5.2f} of the server; {cost.rate:6.0f} checked a second on idle cores"
        )
    unknown = [faulty(name, budget=budget) for name in (*FAULTY,)[::every]]
    _table("servers with bugs that no case knows", unknown)
    found = [ours(fault, seed=1, budget=budget) for fault in catalogue[::every]]
    _table("ours", found)
    if stock_every and stock(None, seed=1, budget=budget).found:
        raise SystemExit("stock schemathesis fails a sandbox without a fault: it finds no fault")
    theirs = [
        stock(fault, seed=1, budget=budget)
        for fault in (catalogue[::stock_every] if stock_every else ())
    ]
    if theirs:
        _table("stock schemathesis", theirs)
    false = alarms(range(seeds), budget=budget)
    click.echo(f"\nfalse alarms: {sum(map(bool, false.values()))} of {seeds} seeds")
    result = {
        "sets": {name: asdict(cost) for name, cost in spent.items()},
        "faulty": [asdict(entry) for entry in unknown],
        "ours": [asdict(entry) for entry in found],
        "stock": [asdict(entry) for entry in theirs],
        "false_alarms": false,
    }
    write_report("fuzz", result)


if __name__ == "__main__":
    main()
