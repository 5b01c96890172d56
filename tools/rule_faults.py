"""Whether the fuzzer finds each fault of a rule, as one finding; records them in the snapshot.

    python -m tools.rule_faults RULE      `make rule RULE=...` does it

Exits 1 if a fault is not found, or if its finding names another rule.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Final

from drs_sync_policy import contract
from drs_sync_policy.fuzz.findings.blame import is_content
from drs_sync_policy.sandbox.faults import Fault, catalogue
from drs_sync_policy.text import did_you_mean, listed
from drs_sync_policy_contract import RULE_IDS
from tests.fuzz.found import Found, found_by, is_one_finding
from tools.rule_parts import missing
from tools.snapshots.files import FOLDER, as_json

SNAPSHOT: Final = FOLDER / "faults.json"
_MOST: Final = 0.5


def problem(fault: Fault, found: Found) -> str:
    """What to change, if the finding of a fault is not one finding that names its rule."""
    named = found.named
    for crash in found.crashes:
        return f"the fuzzer itself failed in {crash}. Mend this first:\n{crash.trace}"
    if fault.rule not in found.violated:
        if found.failing > _MOST:
            return (
                f"the fuzzer does not find it. With the fault, {found.failing:.0%} of the"
                " valid requests do not get 200: let it change only what your rule is about"
            )
        instead = f", but finds {listed(sorted(found.violated))}" if found.violated else ""
        return (
            f"the fuzzer does not find it{instead}. Either the check raises `Skip`, or no scenario"
            " of src/drs_sync_policy/fuzz/scenarios/ sends a request whose response shows it"
        )
    if is_one_finding(fault, named):
        return ""
    known = [rule for rule in RULE_IDS if rule in (fault.rule, *named)]
    if len(named) != 1:
        return (
            f"it is {len(named)} findings: {listed(named)}. Change the fault so that it violates"
            " one rule, or write in the row of a check which rule it comes `before`"
        )
    if all(map(is_content, known)):
        return (
            f"the finding names `{named[0]}`, which the response violates, too. If your rule is the"
            f' cause, write `before="{named[0]}"` into the row of its check'
        )
    return (
        f"the finding names `{named[0]}`. If that says as well what is wrong, add the fault to"
        f' `OTHER_CAUSE` in tests/fuzz/found.py: "{fault.name}": "{named[0]}",\n'
        "Or else say by what one knows a request of your rule. In"
        " src/drs_sync_policy/fuzz/findings/blame.py, add the first row of `FEATURES`:"
        f' ("FEATURE", "{fault.rule}", frozenset({{"{named[0]}"}})),\n'
        'and in the function `features`, which gets the request: if ...: yield "FEATURE"'
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
    for fault in faults:
        what = problem(fault, found_by(fault))
        failed |= bool(what)
        print(f"{fault.name}: {what or 'found, as one finding'}", flush=True)
    if not failed:
        names = (fault.name for fault in faults)
        SNAPSHOT.write_text(recorded(SNAPSHOT.read_text("utf-8"), rule, names), "utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
