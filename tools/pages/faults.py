"""The page of faults: one table for each group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drs_sync_policy import contract
from drs_sync_policy.sandbox.faults import Fault, catalogue
from drs_sync_policy.sandbox.faults import groups as faults_by_group
from tools import rule_examples
from tools.pages.markdown import filtering, table
from tools.pages.rules import pair

EXAMPLE: Final = "count-off-by-one"
"""The fault that the page begins with."""
ABOUT: Final = {
    "responses": "The form of a response: its status, its headers, its JSON and its fields.",
    "requests": "Valid requests are rejected or crash the server, or invalid ones are accepted.",
    "credentials": "Wrong credentials are accepted, or tenants see each other's jobs.",
    "state": "Policies are lost, changed or stored at the wrong time.",
    "batches": "Items of one request affect each other, or have the wrong result.",
    "language": "Messages are in the wrong language.",
    "reading": "The optional operations that read jobs and policies show the wrong ones.",
}
"""What the groups have in common."""


def faults(loaded: contract.Contract | None = None) -> str:
    """Every fault, by group, of the sandbox of a contract (the shipped base by default)."""
    by_group = faults_by_group(loaded)
    number = sum(len(members) for members in by_group.values())
    shown = rule_examples.shown().values() if loaded is None else ()
    example = next((entry for entry in shown if entry.fault == EXAMPLE), None)
    parts = [
        "# Faults",
        (
            "A fault is a defect that you can switch on in the sandbox. Use it to see how your "
            "code handles a server with defects, and what the fuzzer finds."
        ),
        filtering("Find a fault"),
        (
            "Start the sandbox with a fault, here with one that changes `count`:\n\n"
            f"```console\n$ drs-sync-policy sandbox --fault {EXAMPLE}\n```"
        ),
        *(
            [pair(example.differing, titles=("Without the fault", "With the fault"))]
            if example
            else []
        ),
        (
            "See how the fuzzer reports it, without a server of your own:\n\n"
            f"```console\n$ drs-sync-policy fuzz --sandbox --fault {EXAMPLE} --fail-fast\n```"
        ),
        (
            f"There are {number} faults, and each violates one rule of the contract. Some are "
            "derived from the contract, one for each field. Several faults can be active together. "
            "You can also switch them on while the sandbox runs, in [its console](sandbox.md) or "
            "with [its control routes](sandbox.md#control-routes)."
        ),
        table(
            ("Group", "Faults", "What is wrong"),
            (
                (f"[{group.capitalize()}](#{group})", str(len(members)), ABOUT.get(group, ""))
                for group, members in by_group.items()
            ),
        ),
    ]
    for group, members in by_group.items():
        parts.append(f"## {group.capitalize()}")
        parts.append(table(("Fault", "What the sandbox does", "Violates"), map(_row, members)))
    return "\n\n".join(parts) + "\n"


def found_faults() -> Iterator[tuple[str, str]]:
    """Each fault: its name, and where the page has it."""
    for fault in catalogue():
        yield fault.name, fault.name


def _row(fault: Fault) -> tuple[str, str, str]:
    return (
        f"`{fault.name}`{{ #{fault.name} }}",
        fault.text,
        f"[{fault.rule}](rules.md#{fault.rule})",
    )
