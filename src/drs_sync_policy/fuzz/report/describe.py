"""From a verdict to what reports show: requests as curl commands, texts without secrets."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import metadata, version
from pathlib import Path, PurePosixPath
from typing import Final

from drs_sync_policy.fuzz import coverage
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import PARAMETERS_AS_RULE, Exchange, Ledger, RuleStatus, Violation
from drs_sync_policy.fuzz.report import curl
from drs_sync_policy.fuzz.report.advice import advice, missing
from drs_sync_policy.fuzz.report.differences import compared
from drs_sync_policy.fuzz.report.jsontext import indented
from drs_sync_policy.fuzz.report.model import (
    ORIGINS,
    Example,
    Report,
    RuleLine,
    ShownFinding,
    Step,
)
from drs_sync_policy.fuzz.report.secrets import Redactor
from drs_sync_policy.fuzz.target.http import Response
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.fuzz.waivers import Waived
from drs_sync_policy.text import listed, printable

BODIES: Final = "bodies"
"""The folder of a report with the bodies that are too long for a command line."""
_HEADERS: Final = ("content-type", "allow", "location", "retry-after", "x-request-id")
_SHOWN_BYTES: Final = 20_000
_SHOWN_LINES: Final = 30
_LONGEST_LINE: Final = 2_000
_OWN: Final = "own-job-succeeds"
_INSTALLED: Final = re.compile(r'File "[^"]*/(site-packages/|(?=drs_sync_policy/)|(?=python3))')


def describe(
    verdict: Verdict,
    *,
    origins: Iterable[str] = ORIGINS,
    folder: Path | None = None,
    command: str = "",
) -> Report:
    """The report of `verdict`: only rules of these origins; long bodies go into `folder`."""
    describer = Describer(
        verdict.target,
        verdict.ledger,
        waived=verdict.waived,
        failing_jobs=verdict.failing_jobs,
        folder=folder,
    )
    return describer.report(verdict, tuple(origins), command)


class Describer:
    """Turns the parts of one run into texts; while it goes on, too."""

    def __init__(
        self,
        target: Target,
        ledger: Ledger,
        *,
        waived: Waived | None = None,
        failing_jobs: tuple[str, ...] = (),
        folder: Path | None = None,
    ) -> None:
        self.target = target
        self.ledger = ledger
        self.redact: Redactor = Redactor(target)
        self._waived = waived or Waived()
        self._failing_jobs = failing_jobs
        self._folder = folder
        self._stored = False

    def report(self, verdict: Verdict, origins: tuple[str, ...], command: str) -> Report:
        """All of it."""
        ledger = self.ledger
        known = ledger.rules
        rules = tuple(
            self.result(name)
            for name, rule in known.items()
            if rule.origin in origins
            and (rule is not PARAMETERS_AS_RULE or ledger.status(name) != "not checked")
        )
        findings = tuple(
            self.finding(finding)
            for finding in verdict.findings
            if any(known[name].origin in origins for name in finding.rules)
        )
        reasons = [line.reason for line in rules]
        return Report(
            url=verdict.target.url,
            ending=verdict.ending,
            reason=self.text(verdict.reason),
            findings=findings,
            rules=rules,
            tool=f"drs-sync-policy {version('drs-sync-policy')}",
            docs=_docs(),
            contract=f"{verdict.contract.title} {verdict.contract.version}",
            contract_sha256=verdict.contract.sha256,
            started=verdict.started,
            seconds=verdict.seconds,
            requests=ledger.requests,
            seed=verdict.seed,
            command=self.text(command),
            missing=missing(verdict.target),
            restored=verdict.restored.as_before,
            advice=tuple(advice(verdict.target, reasons)),
            variables=dict(_used(verdict.target, findings)),
            notes=tuple(map(self.text, _notes(verdict))),
            coverage=coverage.rows(verdict.contract, ledger.coverage, verdict.target.operations),
            crashes=tuple(map(self._crash, verdict.crashes)),
            figures=verdict.figures,
            has_bodies=self._stored,
        )

    def text(self, text: str) -> str:
        """`text` without secrets and without characters that a terminal obeys."""
        return printable(self.redact.text(text), lines=True)

    def finding(self, finding: Finding) -> ShownFinding:
        """A finding with its best example."""
        return ShownFinding(
            id=finding.id,
            rule=self.ledger.rules[finding.rule],
            cause=self._cause(finding),
            example=self.example(finding.example),
            times=finding.times,
            waived=self._waived.covers_finding(finding),
            also_fails=finding.also_fails,
            not_checked=finding.not_checked,
            also_with=tuple(
                printable(case, lines=True)
                for case in self.redact.cases(
                    finding.also_with, finding.violations, ours=self._ours
                )
            ),
            label=finding.labelled,
            hint=_hint(self.target, self._failing_jobs) if _OWN in finding.rules else "",
        )

    def example(self, violation: Violation) -> Example:
        """A violation with the requests that show it."""
        expected, received = self._compared(violation)
        return Example(
            case=printable(self.redact.case(violation, ours=self._ours), lines=True),
            expected=expected,
            received=received,
            steps=tuple(
                self._step(exchange, prepares=place < violation.prepared)
                for place, exchange in enumerate(violation.exchanges)
            ),
        )

    def _compared(self, violation: Violation) -> tuple[str, str]:
        """What was expected and received, so that a reader sees each difference."""
        texts = (self.redact.text(violation.expected), self.redact.text(violation.received))
        expected, received = compared(*texts)
        return "".join(expected), "".join(received)

    def _cause(self, finding: Finding) -> str:
        violation = finding.example
        cause = self.redact.cause(finding.cause, violation, ours=self._ours)
        seen = (self.redact.text(violation.expected), self.redact.text(violation.received))
        for text, readable in zip(seen, self._compared(violation), strict=True):
            cause = cause.replace(text, readable)
        return printable(cause, lines=True)

    @property
    def _ours(self) -> bool:
        """Whether the cases are those of our scenarios, and not what others sent."""
        return not self.ledger.recorded

    def result(self, name: str) -> RuleLine:
        """The result of one rule."""
        ledger = self.ledger
        status: RuleStatus = ledger.status(name)
        if status == "failed" and self._waived.covers(name):
            status = "waived"
        return RuleLine(
            rule=ledger.rules[name],
            status=status,
            checked=ledger.times_checked(name),
            reason=self.text(ledger.reason(name)),
            skipped=ledger.times_skipped(name),
            uncounted=ledger.uncounted,
            recorded=ledger.recorded,
        )

    def _crash(self, crash: Crash) -> Crash:
        trace = crash.trace.replace(f"{Path.cwd()}/", "").replace(sys.prefix, "")
        return Crash(
            during=crash.during,
            error=self.text(crash.error),
            trace=self.text(_INSTALLED.sub('File "', trace)),
        )

    def _step(self, exchange: Exchange, *, prepares: bool) -> Step:
        request = exchange.request
        head, body = self._response(exchange)
        return Step(
            curl=curl.command(request, self.target, redact=self.redact, store=self._store),
            request=f"{request.method} {self.text(request.path)[:200]}",
            head=self.text(head),
            body=self.text(body),
            prepares=prepares,
        )

    def _response(self, exchange: Exchange) -> tuple[str, str]:
        response = exchange.response
        if response is None:
            return f"No response: {exchange.silence}", ""
        shown = [f"{name}: {value}" for name, value in response.headers if name.lower() in _HEADERS]
        return "\n".join((f"HTTP {response.status}", *shown)), _body(response)

    def _store(self, body: bytes) -> PurePosixPath | None:
        """The path of a file with this body, relative to the folder of the report."""
        if self._folder is None:
            return None
        path = PurePosixPath(BODIES, f"{hashlib.sha256(body).hexdigest()[:16]}.bin")
        try:
            (self._folder / BODIES).mkdir(parents=True, exist_ok=True)
            (self._folder / path).write_bytes(self.redact.body(body))
        except OSError:
            return None  # the verdict is worth more than the file
        self._stored = True
        return path


def _docs() -> str:
    """Where the docs are published; empty if the package does not know it."""
    urls: list[str] = metadata("drs-sync-policy").get_all("Project-URL") or []
    place = dict(entry.split(", ", 1) for entry in urls).get("Documentation", "")
    return place.removesuffix("index.html")


def _body(response: Response) -> str:
    """The body for reading: JSON in lines, and of what is long the beginning."""
    text = response.body[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")
    if len(response.body) <= _SHOWN_BYTES:
        text = indented(text)
    lines = [line[:_LONGEST_LINE] for line in text.split("\n")[:_SHOWN_LINES]]
    shown = "\n".join(lines)
    if shown == text and len(response.body) <= _SHOWN_BYTES:
        return shown
    return f"{shown}\n... the beginning of {len(response.body):,} bytes"


def _hint(target: Target, failing: tuple[str, ...]) -> str:
    """That the profile may name jobs that the server does not have; empty if none is suspect."""
    if not failing:
        return ""
    names = ", ".join(f"`{job}`" for job in failing)
    jobs = {*target.tenant.job_ids, *(target.other.job_ids if target.other else ())}
    seen = f"{names} failed in every request, other jobs of the profile did not"
    if jobs == set(failing):
        seen = f"every job of the profile failed in every request ({names})"
    return f"{seen}: check first whether `job_ids` in the profile is right"


def _used(target: Target, findings: Iterable[ShownFinding]) -> Iterator[tuple[str, str]]:
    """The variables that the curl commands of the findings take secrets from."""
    commands = [step.curl for finding in findings for step in finding.example.steps]
    for name, what in target.variables.items():
        used = re.compile(rf"\$\{{?#?{re.escape(name)}(?!\w)")
        if any(used.search(command) for command in commands):
            yield name, what


def _notes(verdict: Verdict) -> Iterator[str]:
    yield from verdict.notes
    waived = verdict.waived
    for waiver in waived.expired:
        yield f"the waiver of {waiver.rule} has expired on {waiver.expires}: {waiver.reason}"
    for waiver in waived.idle:
        yield f"the waiver of {waiver.rule} is not needed any more: the rule passes now"
    for waiver in waived.biting:
        yield f"{waiver.rule} is waived until {waiver.expires}: {waiver.reason}"
    for reason, jobs in verdict.restored.reasons.items():
        named = listed(jobs, last="and")
        yield f"the run may have changed the policy of {named}: {reason}"
    hidden = verdict.restored.hidden
    if hidden and (verdict.restored.as_before or verdict.restored.changed):
        yield (
            f"the run may have changed {listed(hidden, last='and')} of every job: `[readback]` does"
            " not read what is stored, so nothing was restored"
        )
    if verdict.timeout is not None:
        yield (
            f"in the end a response could take {verdict.timeout:.1f} s, less than the `timeout` of"
            " the profile: others did not come in time, or the budget is small"
        )
    schemathesis = verdict.ledger.reason("schemathesis")
    if schemathesis:
        yield f"schemathesis: {schemathesis}"
