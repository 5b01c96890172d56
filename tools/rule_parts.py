"""What the contract needs in code: a check and a fault for each rule, a handler for each operation.

python -m tools.rule_parts      one line for each part that is missing; exits 1 if there is one
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from drs_sync_policy import contract
from drs_sync_policy.fuzz.rules.registry import CHECKS
from drs_sync_policy.sandbox.faults import catalogue
from drs_sync_policy.sandbox.operations import HANDLERS
from drs_sync_policy.text import did_you_mean

_CHECK = "add a row to the table `CHECKS` of a module of src/drs_sync_policy/fuzz/rules/"
_FAULT = "add a row to the table of a module of src/drs_sync_policy/sandbox/faults/"


def missing(loaded: contract.Contract) -> Iterator[str]:
    """What is missing for this contract, and where it goes."""
    rules = {rule.id for rule in loaded.rules}
    checked = {check.rule for check in CHECKS if "." not in check.rule}
    violated = {fault.rule for fault in catalogue(loaded)}
    for rule in sorted(rules):
        if rule not in checked:
            hint = did_you_mean(rule, checked - rules)
            yield f"the rule `{rule}` has no check{hint}: {_CHECK}"
        if rule not in violated:
            yield f"the rule `{rule}` has no fault: {_FAULT}"
    for rule in sorted(violated - rules):
        yield f"the rule `{rule}` is gone: remove its check and its faults, which name it"
    for operation in loaded.operations:
        if operation.id not in HANDLERS:
            yield (
                f"the operation `{operation.id}` has no handler: write one and enter it as"
                f' `"{operation.id}"` in `HANDLERS` in src/drs_sync_policy/sandbox/operations.py'
            )


def main() -> int:
    found = list(missing(contract.load()))
    for line in found:
        print(f"MISSING: {line}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
