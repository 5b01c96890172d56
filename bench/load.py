"""What the checks of a load cost: the same users with checks and without, in one run.

    python -m bench load [-- --rounds 6 --seconds 10 --users 8 --strict --write]

The sandbox is a process of its own, and so is Locust. In every round each variant runs once, in
random order: with checks, without, and without again (A/A). Without checks the users send the same
mix over the same client, Locust's `FastHttpUser`, and look at nothing but the status. Ratios are
those of one round. Responses are checked in a third process; all share the cores with whatever else
runs. So the table also has the CPU time that the users' process needs for a request: it depends
less on what else runs. `--write` puts the result into docs/performance.md.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from attrs import frozen

from bench.measure import (
    Bound,
    Floor,
    Ratio,
    in_turns,
    other_work,
    parser,
    table,
    where_and_when,
    write_page,
)
from bench.sandboxes import SANDBOX, children, cpu_seconds, server
from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz.figures import Figures
from drs_sync_policy.fuzz.load.run import run
from drs_sync_policy.fuzz.load.settings import Settings
from drs_sync_policy.fuzz.target import profile

CHECKED, PLAIN, AGAIN = "**with checks**", "without checks", "the same again (A/A)"
VARIANTS: Final[Mapping[str, bool]] = {PLAIN: False, AGAIN: False, CHECKED: True}
LEAST_THROUGHPUT: Final = 0.6
MOST_P95: Final = 1.2


@frozen
class Run:
    """One load, and the seconds of CPU that its users took."""

    figures: Figures
    cpu: float

    @property
    def per_request(self) -> float:
        """Seconds of CPU for a request."""
        return self.cpu / self.figures.total.requests


def measured(url: str, folder: Path, *, users: int, seconds: float, checks: bool) -> Run:
    """One load."""
    document = sandbox.target_profile(url, max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES)
    path = folder / "target.toml"
    path.write_text(sandbox.to_toml(document), "utf-8")
    settings = Settings(
        str(path), contract.BASE_EDITION, users=users, seconds=seconds, checks=checks
    )
    used: dict[str, float] = {}

    def follow(event: Mapping[str, Any]) -> None:
        if event["what"] in ("begin", "checking"):
            used[event["what"]] = _cpu_of_users()

    verdict = run(settings, profile.load(path), against=contract.load(), progress=follow)
    if verdict.figures is None or verdict.findings:
        raise RuntimeError(f"the load did not run as it should: {verdict.ending}: {verdict.reason}")
    return Run(verdict.figures, used["checking"] - used["begin"])


def _cpu_of_users() -> float:
    """Seconds of CPU of the process that runs Locust, the only child of ours with its name."""
    for child in children(os.getpid()):
        if b"fuzz.load.process" in Path(f"/proc/{child}/cmdline").read_bytes():
            return cpu_seconds(child)
    raise RuntimeError("the process of the users is not there")


def ratio(found: Mapping[str, Sequence[Run]], name: str, of: Callable[[Run], float]) -> Ratio:
    """A figure as a multiple of the one without checks."""
    return Ratio.between(map(of, found[name]), map(of, found[PLAIN]))


def _throughput(entry: Run) -> float:
    return entry.figures.throughput


def _p95(entry: Run) -> float:
    return entry.figures.total.p95


def result(found: Mapping[str, Sequence[Run]]) -> tuple[str, tuple[Floor, Bound]]:
    """The table, and what has to hold."""
    rows: list[list[str]] = []
    for name, runs in found.items():
        shares = [share for entry in runs for share in entry.figures.shares]
        wanted = sum(share.checked + share.missed for share in shares)
        part = sum(share.checked for share in shares) / wanted if wanted else 0.0
        row = [name]
        for of, shown in (
            (_throughput, "{:.0f}"),
            (_p95, "{:.0f} ms"),
            (lambda entry: 1e6 * entry.per_request, "{:.0f} µs"),
        ):
            typical = shown.format(median(map(of, runs)))
            row.append(typical if name == PLAIN else f"{typical}, {ratio(found, name, of)}")
        rows.append([*row, f"{part:.1%}" if wanted else "-"])
    head = [
        "8 users",
        "requests a second",
    ]
    head += ["95th percentile", "CPU of the users for a request", "checked in time"]
    bounds = (
        Floor("Throughput with checks", ratio(found, CHECKED, _throughput), LEAST_THROUGHPUT),
        Bound("95th percentile with checks", ratio(found, CHECKED, _p95), MOST_P95, spare=0.0),
    )
    return table(head, rows), bounds


def main() -> int:
    """Measure and print."""
    arguments = parser(__doc__, rounds=6)
    arguments.add_argument("--seconds", type=float, default=10.0)
    arguments.add_argument("--users", type=int, default=8)
    arguments.add_argument("--write", action="store_true", help="write the table into the docs")
    options = arguments.parse_args()
    busy = other_work()
    with server(*SANDBOX, "--port") as served, tempfile.TemporaryDirectory() as folder:
        load = partial(
            measured, served.url, Path(folder), users=options.users, seconds=options.seconds
        )
        found = in_turns(VARIANTS, options.rounds, lambda checks: load(checks=checks))
    text, bounds = result(found)
    text = text.replace("8 users", f"{options.users} users")
    holds = ". ".join(map(str, bounds))
    text += f"\n\n{holds}. {options.rounds} rounds of {options.seconds:g} s."
    text += f" Measured on {where_and_when()}, {busy}."
    print(text)
    if options.write:
        write_page("load", text)
    return int(options.strict and not all(bound.holds for bound in bounds))


if __name__ == "__main__":
    sys.exit(main())
