"""The page of rules, and the anchors of the decisions that they come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from drs_sync_policy import contract
from drs_sync_policy.sandbox.faults import Fault, catalogue
from tools.pages.markdown import table

ORIGINS: Final = {
    "page": "the vendor's page for this operation",
    "vendor": "other public material of the vendor",
    "decision": "a decision of this contract",
}


def rules(loaded: contract.Contract | None = None) -> str:
    """Every rule of the contract (the shipped base by default): its statement and its origin."""
    loaded = loaded or contract.load()
    parts = [
        "# Rules",
        (
            "A schema describes the form of a request and a response. What it cannot state is a "
            f"*rule*. `openapi.yaml` has {len(loaded.rules)} rules. The fuzzer has a check for "
            "each, and the sandbox at least one fault that violates it."
        ),
        "Each rule has an origin: " + "; ".join(f"`{k}`, {v}" for k, v in ORIGINS.items()) + ".",
        table(
            ("Rule", "Operation", "Origin"),
            (
                (f"[{rule.id}](#{rule.id})", f"`{operation.id}`", f"`{rule.origin}`")
                for operation in loaded.operations
                for rule in operation.rules
            ),
        ),
        *(_rule(rule, catalogue(loaded)) for rule in loaded.rules),
    ]
    return "\n\n".join(parts) + "\n"


def _rule(rule: contract.Rule, known: Sequence[Fault]) -> str:
    origin = f"Origin: `{rule.origin}`, {ORIGINS[rule.origin]}. Source: {_linked(rule.source)}."
    broken_by = [
        f"[`{fault.name}`](faults.md#{fault.name})" for fault in known if fault.rule == rule.id
    ]
    parts = [f"## {rule.id} {{ #{rule.id} }}", rule.statement, origin]
    if broken_by:
        parts.append(f"Faults that violate it: {', '.join(broken_by)}.")
    return "\n\n".join(parts)


def _linked(source: str) -> str:
    """`source` with the number of each decision turned into a link to it."""

    def link(words: re.Match[str]) -> str:
        return re.sub(r"\d+", lambda n: f"[{n[0]}](decisions.md#decision-{n[0]})", words[0])

    return re.sub(r"\bdecisions? \d+(?:(?:, | and )\d+)*", link, source)


def numbered(decisions: str) -> str:
    """The page of decisions with an anchor of its own for each number."""
    return re.sub(r"^(## (\d+)\. .*)$", r"\1 { #decision-\2 }", decisions, flags=re.MULTILINE)
