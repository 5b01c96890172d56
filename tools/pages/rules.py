"""The page of rules, and the anchors of the decisions that they come from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from drs_sync_policy import contract
from drs_sync_policy.sandbox.faults import Fault, catalogue
from drs_sync_policy.sandbox.faults import groups as faults_by_group
from tools import rule_examples
from tools.pages.markdown import filtering, side_by_side, table
from tools.rule_examples import Shown, Step

ORIGINS: Final = {
    "page": "the vendor's page for this operation",
    "vendor": "other public documents of the vendor",
    "decision": "a decision of this project",
}
TITLES: Final = {
    "responses": "What every response has",
    "requests": "Which requests are accepted",
    "credentials": "Credentials and tenants",
    "state": "What is stored",
    "batches": "Batches",
    "language": "Language",
    "reading": "Optional operations that read jobs and policies",
}
"""The groups of faults, as titles of the rules that they violate."""
MOST: Final = 4
"""So many faults of a rule are shown, and the rest on demand."""


def rules(loaded: contract.Contract | None = None) -> str:
    """Every rule of the contract (the shipped base by default), by group, with its examples."""
    loaded = loaded or contract.load()
    examples = rule_examples.shown() if loaded.sha256 == contract.load().sha256 else {}
    groups = _grouped(loaded)
    parts = [
        "# Rules",
        (
            "A rule is what a server must do and a schema cannot express. Below each rule, an "
            "example shows a response that passes and one that fails. `openapi.yaml` has "
            f"{len(loaded.rules)} rules{_counted(loaded)}."
        ),
        filtering("Find a rule"),
        table(
            ("Group", "Rules"),
            (
                (f"[{_group(group)}](#{group})", ", ".join(f"[{r.id}](#{r.id})" for r in members))
                for group, members in groups.items()
            ),
        ),
        (
            "For each rule, the fuzzer has a check, and the sandbox has at least one fault that "
            "violates it. Each rule has an origin: "
            + "; ".join(f"`{k}`, {v}" for k, v in ORIGINS.items())
            + "."
        ),
        (
            "The responses are real. The first comes from the sandbox, and the second from a "
            "sandbox with a fault. To send the requests yourself, start [the sandbox](sandbox.md) "
            f"with `--max-body-bytes {rule_examples.LIMIT}`, and with `--fault` for the second "
            "response."
        ),
    ]
    for group, members in groups.items():
        parts.append(f"## {_group(group)} {{ #{group} }}")
        parts += (_rule(rule, catalogue(loaded), examples.get(rule.id)) for rule in members)
    return "\n\n".join(parts) + "\n"


def _counted(loaded: contract.Contract) -> str:
    """How many rules are of the required operations, where there are others."""
    optional = [rule for op in loaded.operations if op.optional for rule in op.rules]
    if not optional:
        return ""
    return (
        f": {len(loaded.rules) - len(optional)} of the required operation, and {len(optional)} of "
        "optional ones, which the fuzzer counts only if the [target "
        "profile](target.md) names these operations"
    )


def _group(name: str) -> str:
    return TITLES.get(name, name.capitalize())


def _grouped(loaded: contract.Contract) -> dict[str, list[contract.Rule]]:
    """The rules by the group that most of their faults are in."""
    by_group = faults_by_group(loaded)
    grouped: dict[str, list[contract.Rule]] = {group: [] for group in by_group}
    for rule in loaded.rules:
        number = {g: sum(f.rule == rule.id for f in members) for g, members in by_group.items()}
        grouped[max(number, key=lambda group: number[group])].append(rule)
    return {group: members for group, members in grouped.items() if members}


def _rule(rule: contract.Rule, known: Sequence[Fault], example: Shown | None) -> str:
    origin = f"Origin: `{rule.origin}`, {ORIGINS[rule.origin]}. Source: {_linked(rule.source)}."
    broken_by = [
        f"[`{fault.name}`](faults.md#{fault.name})" for fault in known if fault.rule == rule.id
    ]
    parts = [f"### {rule.id} {{ #{rule.id} }}", rule.statement]
    parts += _example(example) if example else []
    if rule.id in rule_examples.PARALLEL:
        parts.append("Only requests that are sent at the same time can violate it.")
    parts.append(origin)
    if broken_by:
        parts.append(f"Faults that violate it: {_folded(broken_by)}")
    return "\n\n".join(parts)


def _folded(links: Sequence[str]) -> str:
    """The first links; many more are folded."""
    if len(links) <= MOST + 1:
        return ", ".join(links) + "."
    rest = ", ".join(links[MOST:])
    return f'{", ".join(links[:MOST])}.\n\n??? note "{len(links) - MOST} more"\n\n    {rest}'


def _example(example: Shown) -> Iterator[str]:
    """The request and the two responses side by side, folded: a link to the rule opens them."""
    step = example.differing
    several = len(example.steps) > 1
    number = example.steps.index(step) + 1
    commands = "\n\n".join(entry.curl for entry in example.steps)
    response = f"response {number} of {len(example.steps)}" if several else "response"
    title = escape(f"Example: {example.case[:80]}")
    yield f'<details class="example" markdown><summary>{title}</summary>'
    yield f"The request:\n\n```sh\n{commands}\n```"
    yield pair(step, titles=(f"A {response} that passes", f"A {response} that fails"))
    fault = f"[`{example.fault}`](faults.md#{example.fault})"
    yield f"The response that fails is from a sandbox with the fault {fault}.\n\n</details>"


def pair(step: Step, *, titles: tuple[str, str]) -> str:
    """The two responses side by side, with the lines marked that differ."""
    forms = (f".text{marked}" for marked in _differing(step.passes, step.fails))
    first, second = zip(titles, forms, (step.passes, step.fails), strict=True)
    return side_by_side(first, second, kind="verdicts")


def _differing(passes: str, fails: str) -> tuple[str, str]:
    """For each text which lines to mark; nothing if all differ."""
    one, other = passes.splitlines(), fails.splitlines()
    marked: tuple[list[int], list[int]] = ([], [])
    for tag, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag != "equal":
            marked[0].extend(range(i + 1, j + 1))
            marked[1].extend(range(k + 1, m + 1))
    if len(marked[0]) == len(one) or len(marked[1]) == len(other):
        return "", ""
    shown = (" ".join(map(str, lines)) for lines in marked)
    first, second = (f' hl_lines="{lines}"' if lines else "" for lines in shown)
    return first, second


def _linked(source: str) -> str:
    """`source` with the number of each decision turned into a link to it."""

    def link(words: re.Match[str]) -> str:
        return re.sub(r"\d+", lambda n: f"[{n[0]}](decisions.md#decision-{n[0]})", words[0])

    return re.sub(r"\bdecisions? \d+(?:(?:, | and )\d+)*", link, source)


def numbered(decisions: str) -> str:
    """The page of decisions with an anchor of its own for each number."""
    return re.sub(r"^(## (\d+)\. .*)$", r"\1 { #decision-\2 }", decisions, flags=re.MULTILINE)
