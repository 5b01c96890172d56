"""How many of 60 faults `check` finds in a recorded run of the fuzzer, and which it misses.

`python -m bench.check` plants each fault of `bench/checked_faults.txt` in a sandbox in this
process, records a run of the fuzzer as `exchanges.jsonl` and as HAR, and checks both. A fault is
found if a rule fails: without a fault none does. The run sends what the rule of the fault needs;
with `--whole` it sends all. Each miss is printed, and all goes to `reports/bench-check.json`.

The 60 were drawn once, as many of each group as its share, with `python -m bench.check --draw`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import click
from attrs import asdict, frozen

from bench.measure import write_report
from drs_sync_policy import contract
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.evidence.files import EXCHANGES, Recorder
from drs_sync_policy.fuzz.ledger import Exchange, Ledger
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.traffic.check import check_file
from drs_sync_policy.fuzz.traffic.record import HarWriter
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.sandbox import faults
from drs_sync_policy.sandbox.faults import Fault, groups
from tests.fuzz.found import planted

HAR: Final = "traffic.har"
CHOSEN: Final = Path(__file__).with_name("checked_faults.txt")
NUMBER: Final = 60
BUDGET: Final = 120.0
"""Seconds for a run; most end earlier, when the fault is found."""
_SEED: Final = 20261130


@frozen
class Checked:
    """The rules that fail with one fault: in the run, in its exchanges, and in its HAR."""

    fault: str
    rule: str
    run: tuple[str, ...]
    exchanges: tuple[str, ...]
    har: tuple[str, ...]
    requests: int


def chosen() -> list[Fault]:
    """The faults of the list."""
    known = {fault.name: fault for fault in faults.catalogue()}
    return [known[name] for name in CHOSEN.read_text("utf-8").split()]


def drawn() -> list[str]:
    """As many names of each group as its share, one at least."""
    random = Random(_SEED)
    by_group = groups()
    whole = sum(map(len, by_group.values()))
    shares = {name: len(members) * NUMBER / whole for name, members in by_group.items()}
    numbers = {name: math.floor(share) for name, share in shares.items()}
    rest = sorted(shares, key=lambda name: numbers[name] - shares[name])
    for name in rest[: NUMBER - sum(numbers.values())]:
        numbers[name] += 1
    return [
        fault.name
        for name, members in by_group.items()
        for fault in sorted(random.sample(list(members), numbers[name]), key=lambda f: f.name)
    ]


def checked(fault: Fault | None, folder: Path, *, seed: int, whole: bool = False) -> Checked:
    """Record a run with this fault, or without one, and check both recordings."""
    rule = fault.rule if fault else ""

    def seen(ledger: Ledger) -> bool:
        return not whole and bool(rule) and ledger.status(rule) == "failed"

    with (
        planted(*([fault.name] if fault else [])) as (target, wire),
        recorded(target, folder) as record,
    ):
        verdict = run(
            target,
            wire=wire,
            seed=seed,
            budget=BUDGET if fault else 0,  # 0: the required scenarios, to their end
            schemathesis=whole,
            enough=seen,
            record=record,
            rules=(rule,) if rule and not whole else (),
        )
    return Checked(
        fault=fault.name if fault else "",
        rule=rule,
        run=verdict.ledger.failed,
        exchanges=check_file(folder / EXCHANGES, target).ledger.failed,
        har=check_file(folder / HAR, target).ledger.failed,
        requests=verdict.ledger.requests,
    )


@contextmanager
def recorded(target: Target, folder: Path) -> Generator[Callable[[Exchange], None]]:
    """Records a run twice: as the fuzzer does, and as a proxy between it and the server would."""
    oracle = Oracle.of_target(target, contract.load())
    recorder, lock = Recorder(target, folder), threading.Lock()
    with (folder / HAR).open("w", encoding="utf-8") as file, HarWriter(file, oracle) as har:

        def record(exchange: Exchange) -> None:
            ended = time.time()
            began = ended - (exchange.response.seconds if exchange.response else 0)
            sent = Recorded(target.url, exchange.request, exchange.response, began, ended)
            recorder(exchange)
            with lock:
                har.write(sent)

        try:
            yield record
        finally:
            recorder.close()


def _print(found: Sequence[Checked]) -> None:
    number = len(found)
    click.echo(f"found by the run: {sum(one.rule in one.run for one in found)} of {number}")
    for name, failed in (
        ("exchanges.jsonl", [(one, one.exchanges) for one in found]),
        ("HAR", [(one, one.har) for one in found]),
    ):
        exact = sum(one.rule in rules for one, rules in failed)
        any_rule = sum(bool(rules) for _, rules in failed)
        click.echo(f"found in {name}: {any_rule} of {number}, {exact} by the rule of the fault")
        for one, rules in failed:
            if not rules:
                click.echo(f"  not found: {one.fault} ({one.rule})")


@click.command()
@click.option("--draw", is_flag=True, help="Write the list of faults again, and end.")
@click.option("--seed", default=1, help="Chooses what the fuzzer sends.")
@click.option("--every", default=1, help="Take each Nth fault of the list.")
@click.option("--whole", is_flag=True, help="Send what all rules need, to the end.")
def main(draw: bool, seed: int, every: int, whole: bool) -> None:
    """Count the faults that `check` finds in recordings of the fuzzer."""
    if draw:
        CHOSEN.write_text("\n".join(drawn()) + "\n", "utf-8")
        return
    found: list[Checked] = []
    for fault in chosen()[::every]:
        with TemporaryDirectory() as folder:
            found.append(checked(fault, Path(folder), seed=seed, whole=whole))
    _print(found)
    write_report("check", [asdict(one) for one in found])


if __name__ == "__main__":
    main()
