"""What every report shows of a verdict, as plain data: secrets are hidden, texts are ready."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from drs_sync_policy.contract import Rule
from drs_sync_policy.fuzz.coverage import Row
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.figures import Figures
from drs_sync_policy.fuzz.ledger import RuleStatus
from drs_sync_policy.fuzz.report.advice import Missing

ORIGINS: Final = ("page", "vendor", "decision")


@frozen
class Step:
    """One exchange: the command that sends it again, and the response."""

    curl: str
    request: str
    """Method and path."""
    head: str
    """Status and headers of the response, or that there was none."""
    body: str
    """The body of the response, JSON in lines."""
    prepares: bool = False
    """Whether it only sets what is stored before the case begins."""

    @property
    def received(self) -> str:
        """The response as one text."""
        return f"{self.head}\n\n{self.body}" if self.body else self.head


@frozen
class Example:
    """The smallest requests that show a violation, what was expected, and what was received."""

    case: str
    expected: str
    received: str
    steps: tuple[Step, ...]


@frozen
class ShownFinding:
    """One bug of the server."""

    id: str
    rule: Rule
    cause: str
    example: Example
    times: int
    waived: bool = False
    also_fails: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    also_with: tuple[str, ...] = ()
    label: str = ""
    hint: str = ""
    """What else than the server may be the cause."""

    @property
    def line(self) -> str:
        """Rule and cause in one line."""
        more = f" (and {len(self.also_fails)} more rules)" if len(self.also_fails) > 1 else ""
        more = more or "".join(f" (and {name})" for name in self.also_fails)
        return f"{self.rule.id}{more}: {' '.join(self.cause.split())}"


@frozen
class RuleLine:
    """One rule with the result of its check, and why if it was not checked, or only in part."""

    rule: Rule
    status: RuleStatus
    checked: int
    """How many cases checked it."""
    reason: str = ""
    skipped: int = 0
    """How many cases could have checked it, and were not sent."""
    uncounted: bool = False
    """Whether even more cases were not sent than were counted."""
    recorded: bool = False
    """Whether the cases are what others sent, so that there is no number of all cases."""

    @property
    def in_part(self) -> bool:
        """Whether it passed, but not every case that can fail it ran."""
        return self.status == "passed" and (bool(self.reason) or self.uncounted)

    @property
    def kind(self) -> str:
        """The status, or `in part`."""
        return "in part" if self.in_part else self.status

    @property
    def cases(self) -> str:
        """How many cases checked it, and of how many if not all did."""
        if not self.skipped and not self.uncounted:
            return str(self.checked)
        more = "more than " if self.uncounted else ""
        return f"{self.checked} of {more}{self.checked + self.skipped}"

    @property
    def result(self) -> str:
        """The status in words."""
        how = "for what was recorded" if self.recorded else "in part"
        return f"passed {how} ({self.cases} cases)" if self.in_part else self.status


@frozen
class Report:
    """What every report shows of a verdict."""

    url: str
    ending: str
    """`complete`, or how else the run ended; `reason` says why then."""
    reason: str
    findings: tuple[ShownFinding, ...]
    rules: tuple[RuleLine, ...]
    tool: str
    contract: str
    contract_sha256: str
    started: datetime.datetime
    seconds: float
    requests: int
    seed: int | None
    command: str
    """The command for the same run; empty for a run from Python."""
    missing: tuple[Missing, ...]
    """The optional parts that the profile lacks."""
    advice: tuple[str, ...]
    """What would let the fuzzer check more."""
    docs: str = ""
    """The address of the docs, up to the name of a page; empty if it is not known."""
    variables: Mapping[str, str] = field(factory=dict[str, str])
    """The shell variables that the curl commands take secrets from, with what each has to hold."""
    restored: tuple[str, ...] = ()
    """The jobs whose policies are as they were before the run."""
    notes: tuple[str, ...] = ()
    coverage: tuple[Row, ...] = ()
    """How often each part of the contract was exercised."""
    crashes: tuple[Crash, ...] = ()
    figures: Figures | None = None
    """What a load measured."""
    has_bodies: bool = False
    """Whether a curl command sends a file of the report's folder."""

    @property
    def name(self) -> str:
        """The program and its verb; the program alone for a run from Python."""
        return " ".join(self.command.split()[:2]) or "drs-sync-policy"

    def with_status(self, *statuses: RuleStatus) -> list[RuleLine]:
        """The rules with one of these results."""
        return [line for line in self.rules if line.status in statuses]

    @property
    def counts(self) -> Counter[str]:
        """How many rules have each kind of result."""
        return Counter(line.kind for line in self.rules)

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end."""
        return self.ending == "complete"

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was checked, so that no rule has a reason of its own."""
        return not self.is_complete and not self.with_status("passed", "failed", "waived")

    @property
    def failing(self) -> tuple[ShownFinding, ...]:
        """The findings that no waiver covers."""
        return tuple(finding for finding in self.findings if not finding.waived)

    @property
    def preparation(self) -> str:
        """What to do before a curl command is pasted; empty if nothing."""
        parts: list[str] = []
        if self.variables:
            named = [f"`{name}` to {what}" for name, what in self.variables.items()]
            parts.append(f"set {', '.join(named)}")
        if self.has_bodies:
            parts.append("change into the folder of this report")
        return f"Before you paste a curl command, {', and '.join(parts)}." if parts else ""

    @property
    def not_checked(self) -> dict[str, list[str]]:
        """The rules that were not checked, or only in part, by the reason that they share."""
        by_reason: dict[str, list[str]] = {}
        for line in self.rules:
            if line.status == "not checked" or line.in_part:
                by_reason.setdefault(line.reason, []).append(line.rule.id)
        return by_reason

    def in_short(self, rule: str) -> str:
        """The id of a rule; with its cases if it passed in part."""
        found = (line for line in self.rules if line.rule.id == rule and line.in_part)
        return next((f"{rule} ({line.cases} cases)" for line in found), rule)
