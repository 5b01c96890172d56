"""Which rule's check finds which fault."""

from __future__ import annotations

import sys
from typing import Any, Final

from drs_sync_policy import sandbox
from tools.snapshots.files import as_json

_CHANCES: Final = 3


def found_faults() -> str:
    """Each fault of the sandbox with its rule, and whether the fuzzer finds that rule violated."""
    from drs_sync_policy.sandbox import faults

    rows: dict[str, Any] = {}
    for fault in faults.catalogue():
        # On a busy machine the time of a run may be too short: a fault has three chances.
        found = any(_violated(fault.name, fault.rule) for _ in range(_CHANCES))
        rows[fault.name] = {"rule": fault.rule, "found": found}
        print(f"{fault.name}: {'found' if found else 'NOT FOUND'}", file=sys.stderr, flush=True)
    if missed := [name for name, row in rows.items() if not row["found"]]:
        sys.exit(f"The fuzzer does not find {', '.join(missed)}. Nothing was written.")
    return as_json(rows)


def _violated(fault: str, rule: str) -> bool:
    from drs_sync_policy.fuzz.active import run
    from drs_sync_policy.fuzz.target import profile

    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    with sandbox.running(faults=[fault]) as served:
        document = sandbox.target_profile(served.url, tenants=served.tenants, max_body_bytes=limit)
        verdict = run(
            profile.parse(document),
            seed=1,
            budget=60,
            schemathesis=False,
            enough=lambda ledger: ledger.status(rule) == "failed",
        )
    return any(violation.rule == rule for violation in verdict.ledger.violations())
