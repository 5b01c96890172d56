"""Whether the fuzzer finds each fault of a rule, as one finding; records them in the snapshot.

    python -m tools.rule_faults RULE      `make rule RULE=...` does it

Exits 1 if a fault is not found, or if the finding of the rule's first fault names another rule.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Final

from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.sandbox.faults import Fault, catalogue
from drs_sync_policy.text import did_you_mean, listed
from tools.rule_parts import missing
from tools.snapshots.files import FOLDER, as_json

SNAPSHOT: Final = FOLDER / "faults.json"
_BUDGET: Final = 60
"""Seconds for each fault; a run ends as soon as the rule has failed."""


def found_by(fault: Fault) -> tuple[set[str], list[str]]:
    """The rules that a sandbox with the fault violates, and those that the findings name."""
    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    target = profile.parse(sandbox.target_profile("http://sandbox", max_body_bytes=limit))
    with over_asgi(sandbox.create_app(faults=[fault.name]), target) as wire:
        verdict = run(
            target,
            seed=1,
            budget=_BUDGET,
            wire=wire,
            enough=lambda ledger: ledger.status(fault.rule) == "failed",
        )
    violated: set[str] = {violation.rule for violation in verdict.ledger.violations()}
    return violated, [finding.rule for finding in verdict.findings]


def problem(fault: Fault, violated: set[str], named: list[str]) -> str:
    """What to change, if the finding of a fault is not one finding that names its rule."""
    if fault.rule not in violated:
        instead = f", but finds {listed(sorted(violated))}" if violated else ""
        return (
            f"the fuzzer does not find it{instead}. Either the check raises `Skip`, or no scenario"
            " of src/drs_sync_policy/fuzz/scenarios/ sends a request whose response shows it"
        )
    if named == [fault.rule]:
        return ""
    if len(named) == 1:
        return (
            f"the finding names `{named[0]}`, which the response violates, too. If your rule is the"
            f' cause, write `before="{named[0]}"` into the row of its check'
        )
    return (
        f"it is {len(named)} findings: {listed(named)}. Change the fault so that it violates one"
        " rule, or write in the row of the check which rule it comes `before`"
    )


def recorded(snapshot: str, rule: str, found: Iterable[str]) -> str:
    """The snapshot with these faults, which were found, in place of those of the rule."""
    rows = json.loads(snapshot)
    kept = {name: row for name, row in rows.items() if row["rule"] != rule}
    return as_json({**kept, **{name: {"found": True, "rule": rule} for name in found}})


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rule", metavar="RULE")
    rule: str = parser.parse_args().rule
    known = [entry.id for entry in contract.load().rules]
    if rule not in known:
        parser.error(f"openapi.yaml has no rule `{rule}`{did_you_mean(rule, known)}")
    if lacking := [line for line in missing(contract.load()) if f"`{rule}`" in line]:
        print("\n".join(f"MISSING: {line}" for line in lacking), file=sys.stderr)
        return 1
    failed, faults = False, [fault for fault in catalogue() if fault.rule == rule]
    for number, fault in enumerate(faults):
        violated, named = found_by(fault)
        what = problem(fault, violated, named)
        # As in the tests: that a later fault shows that another rule is violated, too, is no error.
        failed |= rule not in violated or bool(what and number == 0)
        print(f"{fault.name}: {what or 'found, as one finding'}", flush=True)
    if not failed:
        names = (fault.name for fault in faults)
        SNAPSHOT.write_text(recorded(SNAPSHOT.read_text("utf-8"), rule, names), "utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
