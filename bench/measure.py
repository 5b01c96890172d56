"""Honest comparisons: variants take turns, and only ratios of one run count.

A machine that other work shares is faster at one time and slower at another. So every round runs
every variant once, in a new order, and compares each with the reference of the same round; and
the reference runs twice, so that one sees how far two equal things seem to differ (A/A).
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TypeVar

from attrs import field, frozen

from tools.documents import ROOT

PAGE = ROOT / "docs" / "performance.md"
Variant = TypeVar("Variant")
Result = TypeVar("Result")
Block = Callable[[int], None]
"""Does something n times."""


@frozen
class Cost:
    """Seconds for each call of one round, of this process's CPU and of the clock."""

    cpu: float
    wall: float


@frozen
class Comparison:
    """What all rounds cost, by variant; a round is at the same place in every list."""

    rounds: Mapping[str, Sequence[Cost]]
    reference: str

    def median_cpu(self, name: str) -> float:
        """Seconds of CPU for each call."""
        return median(cost.cpu for cost in self.rounds[name])

    def median_wall(self, name: str) -> float:
        """Seconds for each call."""
        return median(cost.wall for cost in self.rounds[name])

    def ratio(self, name: str, to: str | None = None) -> Ratio:
        """The CPU of a variant as a multiple of another's, from the ratios of each round."""
        mine, theirs = self.rounds[name], self.rounds[to or self.reference]
        return Ratio.between([cost.cpu for cost in mine], [cost.cpu for cost in theirs])


@frozen
class Ratio:
    """A typical ratio (the geometric mean) and the bounds that hold it with 95 % confidence."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, ratios: Sequence[float], *, draws: int = 2000, seed: int = 1) -> Ratio:
        """From the ratios of single rounds, by redrawing rounds (a percentile bootstrap)."""
        logs = [math.log(ratio) for ratio in ratios]
        source = random.Random(seed)
        means = sorted(sum(source.choices(logs, k=len(logs))) / len(logs) for _ in range(draws))
        low, high = means[int(draws * 0.025)], means[int(draws * 0.975)]
        return cls(math.exp(sum(logs) / len(logs)), math.exp(low), math.exp(high))

    @classmethod
    def between(cls, mine: Iterable[float], theirs: Iterable[float]) -> Ratio:
        """Of what two variants cost, round by round."""
        return cls.of([one / other for one, other in zip(mine, theirs, strict=True)])

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f}-{self.high:.2f})"


@frozen
class Bound:
    """An upper bound of a ratio: the upper end of its interval is at least 5 % below this."""

    text: str
    ratio: Ratio
    most: float
    spare: float = field(default=0.05)

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.ratio.high <= self.most * (1 - self.spare)

    def __str__(self) -> str:
        most = f"{self.most:.3g} less {self.spare:.0%}" if self.spare else f"{self.most:.3g}"
        return f"{self.text}: {self.ratio}. The upper end must be at most {most}: {_is(self.holds)}"


@frozen
class Floor:
    """A lower bound of a ratio: its lower 95 % limit must be at least this."""

    text: str
    ratio: Ratio
    least: float

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.ratio.low >= self.least

    def __str__(self) -> str:
        least = f"at least {self.least:.3g}"
        return f"{self.text}: {self.ratio}. The lower end must be {least}: {_is(self.holds)}"


def _is(holds: bool) -> str:
    return "it is" if holds else "it is NOT"


def compare(
    variants: Mapping[str, Block],
    *,
    reference: str,
    rounds: int = 90,
    seconds: float = 0.01,
    seed: int = 1,
) -> Comparison:
    """Runs each variant once in each round, for about `seconds` each, in random order.

    Short turns and many rounds: what disturbs the machine for longer then disturbs all variants.
    """
    repeated = {name: (block, _repetitions(block, seconds)) for name, block in variants.items()}
    costs = in_turns(repeated, rounds, lambda each: _cost(*each), seed=seed)
    return Comparison(costs, reference)


def in_turns(
    variants: Mapping[str, Variant],
    rounds: int,
    measure: Callable[[Variant], Result],
    *,
    seed: int = 1,
) -> dict[str, list[Result]]:
    """What each variant gives, once in each round, in random order; a round has one place."""
    found: dict[str, list[Result]] = {name: [] for name in variants}
    order, source = list(variants), random.Random(seed)
    for _ in range(rounds):
        source.shuffle(order)
        for name in order:
            found[name].append(measure(variants[name]))
    return found


def _cost(block: Block, repetitions: int) -> Cost:
    gc.collect()
    wall, cpu = perf_counter(), process_time()
    block(repetitions)
    cpu, wall = process_time() - cpu, perf_counter() - wall
    return Cost(cpu / repetitions, wall / repetitions)


def _repetitions(block: Block, seconds: float) -> int:
    block(1)
    best = min(_cost(block, 2).cpu for _ in range(3))
    return max(1, min(2000, round(seconds / max(best, 1e-6))))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as Markdown, padded so that they also read well as plain text."""
    widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first, *others = cells
        padded = [first.ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    return "\n".join([line(header), f"| {' | '.join(rule)} |", *map(line, rows)])


def write_page(name: str, text: str) -> None:
    """Put what was measured into its place in docs/performance.md; `ValueError` if it has none."""
    begin, end = f"<!-- measured: {name} -->\n", f"<!-- end of {name} -->\n"
    before, found, rest = PAGE.read_text("utf-8").partition(begin)
    _, ends, after = rest.partition(end)
    if not found or not ends:
        raise ValueError(f"{PAGE} has no {begin.strip()} with {end.strip()} after it")
    PAGE.write_text(f"{before}{begin}\n{text.strip()}\n\n{end}{after}", "utf-8")


def write_report(name: str, result: object) -> None:
    """Put the single figures into `reports/bench-NAME.json`."""
    path = ROOT / "reports" / f"bench-{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1), encoding="utf-8")


def parser(text: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """The options of a measurement with bounds, whose module has this docstring."""
    made = argparse.ArgumentParser(description=(text or "").splitlines()[0])
    made.add_argument("--rounds", type=int, default=rounds)
    made.add_argument("--strict", action="store_true", help="exit 1 where a bound does not hold")
    return made


def closing(bounds: Sequence[Bound | Floor], *, strict: bool) -> int:
    """The exit code, after a list of the bounds."""
    spare = "" if isinstance(bounds[0], Floor) else ", with 5 % to spare"
    side = "lower" if isinstance(bounds[0], Floor) else "upper"
    print(f"\n### Bounds (the {side} 95 % bound{spare})\n")
    print("\n".join(f"- {bound}" for bound in bounds))
    return int(strict and not all(bound.holds for bound in bounds))


def other_work() -> str:
    """How much else the machine does now, as a part of a sentence."""
    return f"with a load average of {os.getloadavg()[0]:.1f} before it"


def where_and_when() -> str:
    """The date, the interpreter and the machine, as a line for reports."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [ln for ln in cpuinfo.read_text().splitlines() if ln.startswith("model name")]
        if names:
            model = f"{len(names)} x {names[0].partition(':')[2].strip()}"
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, Python {platform.python_version()}, {platform.system()}, {model}"
