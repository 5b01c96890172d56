"""A verdict from the files of a report: what was found and how often, without the server."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract, Rule
from drs_sync_policy.fuzz import coverage
from drs_sync_policy.fuzz.evidence import files
from drs_sync_policy.fuzz.evidence.decode import Decoder, EvidenceError
from drs_sync_policy.fuzz.evidence.targets import without_secrets
from drs_sync_policy.fuzz.figures import Figures
from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.preflight import Ending
from drs_sync_policy.fuzz.target.profile import ProfileError
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.fuzz.waivers import Waived


def load(folder: Path, *, against: Contract) -> Verdict:
    """The verdict of the report in a folder; `EvidenceError` if it cannot be read as one.

    Its target has stand-ins for the secrets, which no report contains.
    """
    document = files.read(folder)
    _must_be_of(document["contract"], against, folder)
    try:
        target = without_secrets(document["target"])
        oracle = Oracle.of_target(target, against)
        decoder = Decoder.of(oracle, folder, document["exchanges"])
        findings = tuple(map(decoder.finding, document["findings"]))
    except (ProfileError, ValueError, KeyError, TypeError, OSError) as error:
        raise EvidenceError(f"`{folder / files.VERDICT}` cannot be used: {error}") from None
    return Verdict(
        target=target,
        ledger=_ledger(document, findings, against.checked_rules(target.operations)),
        waived=Waived(
            findings=frozenset(entry["id"] for entry in document["findings"] if entry["waived"]),
            rules=frozenset(e["id"] for e in document["rules"] if e["status"] == "waived"),
        ),
        ending=_ending(document["ending"], folder),
        reason=document["reason"],
        seed=document["seed"],
        seconds=document["seconds"],
        contract=against,
        findings=findings,
        notes=tuple(document["notes"]),
        figures=Figures.from_json(document["load"]) if "load" in document else None,
        started=datetime.datetime.fromisoformat(document["started"]),
    )


def _must_be_of(entry: dict[str, Any], against: Contract, folder: Path) -> None:
    if entry["sha256"] == against.sha256:
        return
    fitting = [
        name for name in contract.editions() if contract.load(name).sha256 == entry["sha256"]
    ]
    advice = (
        f"give `--edition {fitting[0]}`"
        if fitting
        else "use the version of drs-sync-policy that wrote the report"
    )
    raise EvidenceError(
        f"`{folder}` is about another contract: {entry['title']} {entry['version']}, sha256"
        f" {entry['sha256'][:12]}; here it is {against.version}, sha256 {against.sha256[:12]}."
        f" Merge only reports of one contract, and {advice}"
    )


def _ledger(document: dict[str, Any], findings: Iterable[Finding], known: Iterable[Rule]) -> Ledger:
    rules = document["rules"]
    selected = [entry["id"] for entry in rules if entry["status"] != "not applicable"]
    ledger = Ledger(known, selected=selected if len(selected) < len(rules) else ())
    ledger.recorded, ledger.uncounted = document["recorded"], document["uncounted"]
    ledger.requests = document["requests"]
    ledger.statuses = {int(status): times for status, times in document["statuses"].items()}
    for row in document["coverage"]:
        ledger.coverage[coverage.key(row["part"], row["name"], row["value"])] = row["times"]
    for entry in rules:
        ledger.checked(entry["id"], times=entry["checked"])
        if entry["skipped"]:
            ledger.skip(entry["id"], entry["reason"], times=entry["skipped"])
        elif entry["reason"]:
            ledger.not_checked(entry["id"], entry["reason"])
    seen: set[tuple[object, ...]] = set()
    for finding in findings:
        for violation in (*finding.violations, finding.example):
            is_example = violation is finding.example
            counted = violation.key in seen or (is_example and finding.rule in {k[0] for k in seen})
            if not counted:
                ledger.record(violation)
                seen.add(violation.key)
    return ledger


def _ending(text: str, folder: Path) -> Ending:
    known: dict[str, Ending] = {ending: ending for ending in get_args(Ending)}
    if text not in known:
        raise EvidenceError(f"`{folder / files.VERDICT}` has an unknown ending, `{text}`")
    return known[text]
