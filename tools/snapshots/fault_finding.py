"""Which rule's check finds which fault."""

from __future__ import annotations

import sys
from typing import Any, Final

from tools.snapshots.files import as_json

_CHANCES: Final = 3


def found_faults() -> str:
    """Each fault of the sandbox with its rule, and whether the fuzzer finds that rule violated."""
    from tests.fuzz.found import CATALOGUE, found_by

    rows: dict[str, Any] = {}
    for fault in CATALOGUE:
        # On a busy machine the time of a run may be too short: a fault has three chances.
        found = any(fault.rule in found_by(fault).violated for _ in range(_CHANCES))
        rows[fault.name] = {"rule": fault.rule, "found": found}
        print(f"{fault.name}: {'found' if found else 'NOT FOUND'}", file=sys.stderr, flush=True)
    if missed := [name for name, row in rows.items() if not row["found"]]:
        sys.exit(f"The fuzzer does not find {', '.join(missed)}. Nothing was written.")
    return as_json(rows)
