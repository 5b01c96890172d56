"""What the checks of a load cost: the same users with checks and without, in one run.

    python -m bench load [-- --rounds 4 --seconds 10 --users 8 --strict]

The sandbox is a process of its own, and so is Locust. In every round each variant runs once, in
random order: with checks, without, and without again (A/A). Without checks the users send the same
mix over the same client, Locust's `FastHttpUser`, and look at nothing but the status. Ratios are
those of one round. Both processes share the cores with whatever else runs.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.measure import Bound, Floor, Ratio, table, where_and_when
from bench.sandbox import SANDBOX, server
from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz.figures import Figures
from drs_sync_policy.fuzz.load.run import run
from drs_sync_policy.fuzz.load.settings import Settings
from drs_sync_policy.fuzz.target import profile

CHECKED, PLAIN, AGAIN = "with checks", "FastHttpUser", "FastHttpUser again (A/A)"
VARIANTS: Final[Mapping[str, bool]] = {CHECKED: True, PLAIN: False, AGAIN: False}
LEAST_THROUGHPUT: Final = 0.6
MOST_P95: Final = 1.2


def measured(url: str, folder: Path, *, users: int, seconds: float, checks: bool) -> Figures:
    """One load."""
    document = sandbox.target_profile(url, max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES)
    path = folder / "target.toml"
    path.write_text(sandbox.to_toml(document), "utf-8")
    settings = Settings(
        str(path), contract.BASE_EDITION, users=users, seconds=seconds, checks=checks
    )
    verdict = run(settings, profile.load(path), against=contract.load())
    if verdict.figures is None or verdict.findings:
        raise RuntimeError(f"the load did not run as it should: {verdict.ending}: {verdict.reason}")
    return verdict.figures


def rounds(
    url: str, folder: Path, *, number: int, users: int, seconds: float
) -> dict[str, list[Figures]]:
    """The figures of each variant, a round at the same place in every list."""
    found: dict[str, list[Figures]] = {name: [] for name in VARIANTS}
    order, source = [*VARIANTS], random.Random(1)
    for _ in range(number):
        source.shuffle(order)
        for name in order:
            found[name].append(
                measured(url, folder, users=users, seconds=seconds, checks=VARIANTS[name])
            )
    return found


def throughput(found: Mapping[str, Sequence[Figures]], name: str) -> Ratio:
    """Requests a second, as a part of those without checks."""
    pairs = zip(found[name], found[PLAIN], strict=True)
    return Ratio.of([mine.throughput / theirs.throughput for mine, theirs in pairs])


def p95(found: Mapping[str, Sequence[Figures]], name: str) -> Ratio:
    """The 95th percentile of the latency, as a multiple of that without checks."""
    pairs = zip(found[name], found[PLAIN], strict=True)
    return Ratio.of([mine.total.p95 / theirs.total.p95 for mine, theirs in pairs])


def run_and_print() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--strict", action="store_true", help="fail if a bound does not hold")
    options = parser.parse_args()
    with server(*SANDBOX, "--port") as served, tempfile.TemporaryDirectory() as folder:
        found = rounds(
            served.url,
            Path(folder),
            number=options.rounds,
            users=options.users,
            seconds=options.seconds,
        )
    rows: list[list[str]] = []
    for name, figures in found.items():
        median = sorted(figures, key=lambda entry: entry.throughput)[len(figures) // 2]
        shares = [(share.checked, share.responses) for share in median.shares]
        part = sum(n for n, _ in shares) / max(sum(n for _, n in shares), 1)
        row = [f"{median.throughput:.0f}", str(throughput(found, name)), f"{median.total.p95:.0f}"]
        rows.append([name, *row, str(p95(found, name)), f"{part:.0%}"])
    head = ["", "requests/s", "ratio (95 %)", "p95 ms", "ratio (95 %)", "checked"]
    print(f"{where_and_when()}\n\n{table(head, rows)}\n")
    bounds = (
        Floor("throughput with checks", throughput(found, CHECKED), LEAST_THROUGHPUT),
        Bound("95th percentile with checks", p95(found, CHECKED), MOST_P95, spare=0.0),
    )
    print("\n".join(map(str, bounds)))
    return int(options.strict and not all(bound.holds for bound in bounds))
