"""The page of faults: one table for each group."""

from __future__ import annotations

from drs_sync_policy import contract
from drs_sync_policy.sandbox.faults import Fault
from drs_sync_policy.sandbox.faults import groups as faults_by_group
from tools.pages.markdown import table


def faults(loaded: contract.Contract | None = None) -> str:
    """Every fault, by group, of the sandbox of a contract (the shipped base by default)."""
    by_group = faults_by_group(loaded)
    number = sum(len(members) for members in by_group.values())
    parts = [
        "# Faults",
        (
            "A fault is a defect that you can switch on in the sandbox. Use it to see how your "
            "code handles a server with defects, and what the fuzzer finds."
        ),
        (
            "```console\n"
            "$ drs-sync-policy sandbox --fault answers-202\n"
            "```\n\n"
            f"There are {number} faults, and each violates one rule of the contract. Some are "
            "derived from the contract, one for each field. Several faults can be active together."
        ),
    ]
    for group, members in by_group.items():
        parts.append(f"## {group.capitalize()}")
        parts.append(table(("Fault", "What the sandbox does", "Violates"), map(_row, members)))
    return "\n\n".join(parts) + "\n"


def _row(fault: Fault) -> tuple[str, str, str]:
    return (
        f"`{fault.name}`{{ #{fault.name} }}",
        fault.text,
        f"[{fault.rule}](rules.md#{fault.rule})",
    )
