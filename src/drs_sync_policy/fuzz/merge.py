"""Verdicts of several runs as one: findings by kind, counts and coverage added.

The runs may be of other seeds, machines and entrances. They must be of one target and one contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import evolve

from drs_sync_policy.fuzz import figures
from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Ledger, Violation
from drs_sync_policy.fuzz.preflight import Ending
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.fuzz.waivers import Waived
from drs_sync_policy.text import counted

_WORST_FIRST: Final[tuple[Ending, ...]] = (
    "interrupted",
    "unreachable",
    "not allowed in",
    "too little checked",
    "invalid profile",
    "complete",
)
"""Endings in the order of their exit codes."""


class MergeError(ValueError):
    """Verdicts that do not belong together; the text says what differs."""


def merge(verdicts: Mapping[str, Verdict]) -> Verdict:
    """The verdicts as one; each goes by the name of its report."""
    _must_agree(verdicts)
    runs = list(verdicts.values())
    ledger = Ledger.sum([run.ledger for run in runs])
    findings = _findings(runs, ledger)
    worst = min(verdicts, key=lambda name: _WORST_FIRST.index(verdicts[name].ending))
    ended = verdicts[worst]
    first = runs[0]
    loads = [(run.started.timestamp(), run.figures) for run in runs if run.figures]
    return evolve(
        first,
        target=max((run.target for run in runs), key=lambda target: len(target.secrets)),
        ledger=ledger,
        waived=_waived(runs),
        ending=ended.ending,
        reason=f"`{worst}`: {ended.reason}" if ended.ending != "complete" else "",
        seed=first.seed if len(runs) == 1 else None,
        seconds=sum(run.seconds for run in runs),
        findings=findings,
        notes=(
            *_sources(verdicts),
            *_left_out(verdicts),
            *_once(note for run in runs for note in run.notes),
        ),
        started=min(run.started for run in runs),
        figures=figures.joined(loads) if loads else None,
    )


def _must_agree(verdicts: Mapping[str, Verdict]) -> None:
    (first_name, first), *others = verdicts.items()
    for name, verdict in others:
        for what, one, other in (
            ("contract", first.contract.sha256, verdict.contract.sha256),
            ("target", first.target.url, verdict.target.url),
        ):
            if one != other:
                raise MergeError(
                    f"`{first_name}` and `{name}` are about different {what}s: {one} and {other}."
                    f" Merge only reports of one {what}"
                )


def _sources(verdicts: Mapping[str, Verdict]) -> Iterable[str]:
    for name, verdict in verdicts.items():
        seed = "" if verdict.seed is None else f"seed {verdict.seed}, "
        requests = counted(verdict.ledger.requests, "request")
        found = counted(len(verdict.findings), "finding")
        yield f"merged `{name}`: {seed}{requests}, {found}, {verdict.ending}"


def _left_out(verdicts: Mapping[str, Verdict]) -> Iterable[str]:
    """Reports whose latencies by kind of request cannot be joined: they do not have them."""
    for name, verdict in verdicts.items():
        groups = verdict.figures.groups if verdict.figures else ()
        if groups and not any(group.latencies for group in groups):
            yield (
                f"`{name}` has no latencies by kind of request, so only the figures of all requests"
                " include it; an earlier version wrote it"
            )


def _findings(runs: Iterable[Verdict], ledger: Ledger) -> tuple[Finding, ...]:
    """The findings of all runs; those with one id are one."""
    by_id: dict[str, list[Finding]] = {}
    for run in runs:
        for finding in run.findings:
            by_id.setdefault(finding.id, []).append(finding)
    order = [*ledger.rules]
    joined = map(_joined, by_id.values())
    return tuple(sorted(joined, key=lambda finding: order.index(finding.rule)))


def _joined(found: Sequence[Finding]) -> Finding:
    best = min(found, key=lambda entry: (entry.label in ("", "not reproduced"), entry.example.size))
    kinds: dict[tuple[object, ...], list[Violation]] = {}
    for finding in found:
        for violation in finding.violations:
            kinds.setdefault(violation.key, []).append(violation)
    violations = [
        evolve(min(same, key=lambda one: one.size), times=sum(one.times for one in same))
        for same in kinds.values()
    ]
    return evolve(
        best,
        violations=tuple(sorted(violations, key=lambda one: one.size)),
        also_fails=_once(rule for finding in found for rule in finding.also_fails),
        not_checked=_once(rule for finding in found for rule in finding.not_checked),
        also_with=_once(case for finding in found for case in finding.also_with),
        about=tuple(sorted({part for finding in found for part in finding.about})),
    )


def _waived(runs: Sequence[Verdict]) -> Waived:
    """What is waived in each run that has it."""
    failing = {f.id for run in runs for f in run.findings if not run.waived.covers_finding(f)}
    findings = {f.id for run in runs for f in run.findings} - failing
    broken = {rule for run in runs for rule in run.ledger.failed if not run.waived.covers(rule)}
    rules = {rule for run in runs for rule in run.ledger.failed} - broken
    return Waived(findings=frozenset(findings), rules=frozenset(rules))


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
