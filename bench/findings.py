"""Whether one bug is one finding, and two independent bugs are the two: over the sandbox's faults.

`python -m bench.findings` prints both and writes them to `reports/bench-findings.json`. Pairs of
faults have different rules and different groups, and are chosen by `--seed`. A run ends when the
rules of its faults have failed: one fault may fail both rules, so a pair whose findings are others
is run whole, and so are its two faults alone. With `--whole`, every run sends each case that the
budget allows. Some faults switch others off: then the smallest requests of the other show nothing.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import click
from attrs import asdict, evolve, field, frozen

from bench.measure import write_report
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.replay import once
from drs_sync_policy.sandbox import faults
from drs_sync_policy.sandbox.faults import Fault, groups
from drs_sync_policy.text import counted
from tests.fuzz import servers
from tests.fuzz.found import planted


@frozen
class Pair:
    """Two faults: the findings of each alone, and of both together."""

    faults: tuple[str, str]
    expected: tuple[str, ...]
    found: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    """The rules that a finding says could not be checked because of it."""
    off: tuple[str, ...] = ()
    """The faults whose own smallest requests show nothing while the other is there."""

    @property
    def is_exact(self) -> bool:
        """Whether exactly the findings of the two came out."""
        return self.expected == self.found

    @property
    def is_hidden(self) -> bool:
        """Whether what is lacking could not be checked because of the other, and is named so."""
        return {*self.found} < {*self.expected} <= {*self.found, *self.hidden}


def findings(*together: Fault, seed: int, budget: float, whole: bool) -> tuple[Finding, ...]:
    """The findings for these faults, in a sandbox in this process."""
    wanted = [fault.rule for fault in together]

    def seen(ledger: Ledger) -> bool:
        return not whole and all(ledger.status(rule) == "failed" for rule in wanted)

    with planted(*(fault.name for fault in together)) as (target, wire):
        verdict = run(target, wire=wire, seed=seed, budget=budget, enough=seen)
    return verdict.findings


def _ids(found: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(sorted(finding.id for finding in found))


def chosen(number: int, *, seed: int) -> list[tuple[Fault, Fault]]:
    """So many pairs of faults with different rules and groups."""
    group = {fault.name: name for name, members in groups().items() for fault in members}
    random = Random(seed)
    catalogue = faults.catalogue()
    pairs: list[tuple[Fault, Fault]] = []
    while len(pairs) < number:
        one, other = random.sample(catalogue, 2)
        different = one.rule != other.rule and group[one.name] != group[other.name]
        if different and (one, other) not in pairs:
            pairs.append((one, other))
    return pairs


@frozen
class Measured:
    """Runs on faults, each alone only once."""

    seed: int
    budget: float
    alone: dict[tuple[str, bool], tuple[Finding, ...]] = field(factory=dict)

    def single(self, fault: Fault, *, whole: bool) -> tuple[Finding, ...]:
        """The findings of one fault."""
        key = (fault.name, whole)
        if key not in self.alone:
            self.alone[key] = findings(fault, seed=self.seed, budget=self.budget, whole=whole)
        return self.alone[key]

    def pair(self, one: Fault, other: Fault, *, whole: bool) -> Pair:
        """The findings of two faults, run whole if they are not those of each."""
        singles = {fault.name: self.single(fault, whole=whole) for fault in (one, other)}
        expected = {entry.id for found in singles.values() for entry in found}
        found = findings(one, other, seed=self.seed, budget=self.budget, whole=whole)
        hidden = tuple(dict.fromkeys(rule for entry in found for rule in entry.not_checked))
        pair = Pair((one.name, other.name), tuple(sorted(expected)), _ids(found), hidden)
        if pair.is_exact:
            return pair
        return evolve(pair, off=_off(singles)) if whole else self.pair(one, other, whole=True)


def _off(singles: Mapping[str, Sequence[Finding]]) -> tuple[str, ...]:
    with planted(*singles) as (target, wire):
        prober = servers.prober(target, wire)
        return tuple(
            name
            for name, found in singles.items()
            if not any(once(prober, entry.example) for entry in found)
        )


def _singles(found: dict[str, tuple[str, ...]]) -> None:
    numbers = Counter(map(len, found.values()))
    for number, times in sorted(numbers.items()):
        click.echo(f"{counted(number, 'finding')}: {times} of {len(found)} faults")
    for name, ids in found.items():
        if len(ids) != 1:
            click.echo(f"  {name}: {', '.join(ids) or 'none'}")


def _pairs(found: Sequence[Pair]) -> None:
    exact = sum(pair.is_exact for pair in found)
    click.echo(f"pairs with exactly the two single findings: {exact} of {len(found)}")
    off = sum(bool(pair.off) for pair in found)
    click.echo(f"pairs in which one fault switches the other off: {off} of {len(found)}")
    hidden = sum(pair.is_hidden and not pair.off for pair in found)
    click.echo(f"pairs in which one hides the other and says so: {hidden} of {len(found)}")
    for pair in found:
        if not pair.is_exact:
            expected, seen = ", ".join(pair.expected), ", ".join(pair.found)
            why = f"; {', '.join(pair.off)} is off" if pair.off else "; hidden" * pair.is_hidden
            click.echo(f"  {' and '.join(pair.faults)}: expected {expected}; found {seen}{why}")


@click.command()
@click.option("--every", default=1, help="Take each Nth fault alone; 0 for those of pairs only.")
@click.option("--pairs", default=100, help="How many pairs of faults.")
@click.option("--seed", default=1, help="Chooses the pairs, and what the fuzzer sends.")
@click.option("--budget", default=30.0, help="Seconds for each run, before its findings.")
@click.option("--whole", is_flag=True, help="Do not end a run when its faults are found.")
def main(every: int, pairs: int, seed: int, budget: float, whole: bool) -> None:
    """Count the findings of single faults and of pairs."""
    measured = Measured(seed, budget)
    couples = chosen(pairs, seed=seed)
    single = faults.catalogue()[::every] if every else ()
    alone = {
        fault.name: _ids(measured.single(fault, whole=whole))
        for fault in (*single, *itertools.chain.from_iterable(couples))
    }
    together = [measured.pair(one, other, whole=whole) for one, other in couples]
    _singles(alone)
    _pairs(together)
    write_report("findings", {"alone": alone, "pairs": [asdict(pair) for pair in together]})


if __name__ == "__main__":
    main()
