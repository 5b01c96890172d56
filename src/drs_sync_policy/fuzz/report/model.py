"""A verdict as plain data: what every report shows, worked out once, secrets already hidden."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from drs_sync_policy.contract import Rule
from drs_sync_policy.fuzz.active import Verdict
from drs_sync_policy.fuzz.crash import Crash
from drs_sync_policy.fuzz.report import curl
from drs_sync_policy.fuzz.report.secrets import Redactor
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import PARAMETERS_AS_RULE, Exchange, RuleStatus, Violation

ORIGINS: Final = ("page", "vendor", "decision")
_SHOWN_BYTES: Final = 1200
_OWN: Final = "own-job-succeeds"


@frozen
class Step:
    """One exchange: the command that repeats it, and what came back."""

    curl: str
    request: str
    received: str
    prepares: bool = False
    """Whether it only sets what is stored before the case begins."""


@frozen
class Failure:
    """One violation, with all that is needed to see it again and to fix it."""

    case: str
    expected: str
    received: str
    times: int
    steps: tuple[Step, ...]


@frozen
class Line:
    """One promise: what became of it, why if it was not checked, and each violation of it."""

    rule: Rule
    outcome: RuleStatus
    checked: int
    reason: str
    failures: tuple[Failure, ...]
    hint: str = ""
    """What else than the server may be the cause of the failures."""


@frozen
class Telling:
    """What every report shows of a verdict."""

    lines: tuple[Line, ...]
    ending: str
    reason: str
    url: str
    seed: int
    seconds: float
    requests: int
    contract: str
    variables: Mapping[str, str]
    """The shell variables that the curl lines take secrets from, with what each has to hold."""
    notes: tuple[str, ...]
    crashes: tuple[Crash, ...]

    def with_outcome(self, outcome: RuleStatus) -> list[Line]:
        """The promises of which this became."""
        return [line for line in self.lines if line.outcome == outcome]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was checked, so that no promise has a reason of its own."""
        return self.ending != "complete" and all(
            line.outcome == "not checked" for line in self.lines
        )

    @property
    def preparation(self) -> str:
        """What to do before a curl line is pasted; empty where there is nothing to do."""
        if not self.variables:
            return ""
        told = [f"`{name}` to {what}" for name, what in self.variables.items()]
        return f"Before you paste a curl line, set {', '.join(told)}."

    @property
    def again(self) -> str:
        """The option that makes another run send the same."""
        return f"--seed {self.seed}"


def tell(
    verdict: Verdict, *, origins: Iterable[str] = ORIGINS, folder: Path | None = None
) -> Telling:
    """`verdict` for its readers; rules of other `origins` left out, long bodies put in `folder`."""
    teller = _Teller(verdict, folder)
    wanted = tuple(origins)
    lines = tuple(
        teller.line(rule)
        for rule in verdict.ledger.rules.values()
        if rule.origin in wanted
        and (rule is not PARAMETERS_AS_RULE or verdict.ledger.status(rule.id) != "not checked")
    )
    return Telling(
        lines=lines,
        ending=verdict.ending,
        reason=teller.redact.text(verdict.reason),
        url=verdict.target.url,
        seed=verdict.seed,
        seconds=verdict.seconds,
        requests=verdict.ledger.requests,
        contract=f"{verdict.contract.title} {verdict.contract.version}",
        variables=dict(_used(verdict.target, lines)),
        notes=tuple(teller.redact.text(note) for note in _notes(verdict)),
        crashes=tuple(teller.crash(crash) for crash in verdict.crashes),
    )


class _Teller:
    def __init__(self, verdict: Verdict, folder: Path | None) -> None:
        self.verdict = verdict
        self.folder = folder
        self.redact = Redactor(verdict.target)

    def line(self, rule: Rule) -> Line:
        ledger = self.verdict.ledger
        outcome = ledger.status(rule.id)
        if outcome == "failed" and self.verdict.waived.covers(rule.id):
            outcome = "waived"
        violations = sorted(ledger.violations(rule.id), key=lambda violation: violation.size)
        return Line(
            rule=rule,
            outcome=outcome,
            checked=ledger.times_checked(rule.id),
            reason=self.redact.text(ledger.reason(rule.id)),
            failures=tuple(self._failure(violation) for violation in violations),
            hint=_hint(self.verdict) if violations and rule.id == _OWN else "",
        )

    def crash(self, crash: Crash) -> Crash:
        return Crash(
            during=crash.during,
            error=self.redact.text(crash.error),
            trace=self.redact.text(crash.trace),
        )

    def _failure(self, violation: Violation) -> Failure:
        return Failure(
            case=violation.case,
            expected=self.redact.text(violation.expected),
            received=self.redact.text(violation.received),
            times=violation.times,
            steps=tuple(
                self._step(exchange, prepares=place < violation.prepared)
                for place, exchange in enumerate(violation.exchanges)
            ),
        )

    def _step(self, exchange: Exchange, *, prepares: bool) -> Step:
        return Step(
            curl=curl.command(
                exchange.request, self.verdict.target, redact=self.redact, store=self._store
            ),
            request=f"{exchange.request.method} {self.redact.text(exchange.request.path)[:200]}",
            received=self._received(exchange),
            prepares=prepares,
        )

    def _received(self, exchange: Exchange) -> str:
        response = exchange.response
        if response is None:
            return f"nothing: {exchange.silence}"
        shown = ("content-type", "allow", "location", "retry-after", "x-request-id")
        lines = [f"HTTP {response.status}"]
        lines += [f"{name}: {value}" for name, value in response.headers if name.lower() in shown]
        body = response.body[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")
        more = len(response.body) - _SHOWN_BYTES
        lines.append(body + (f" ... and {more} bytes more" if more > 0 else ""))
        return self.redact.text("\n".join(lines))

    def _store(self, body: bytes) -> Path | None:
        if self.folder is None:
            return None
        path = self.folder / "bodies" / f"{hashlib.sha256(body).hexdigest()[:16]}.bin"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        except OSError:
            return None  # the verdict is worth more than the file
        return path


def _hint(verdict: Verdict) -> str:
    """That the profile may name jobs that the server does not have; empty where none is suspect."""
    failing = verdict.failing_jobs
    if not failing:
        return ""
    names = ", ".join(f"`{job}`" for job in failing)
    target = verdict.target
    jobs = {*target.tenant.job_ids, *(target.other.job_ids if target.other else ())}
    told = f"{names} failed in every request, other jobs of the profile did not"
    if jobs == set(failing):
        told = f"every job of the profile failed in every request ({names})"
    return f"{told}: see first whether `job_ids` in the profile is right"


def _used(target: Target, lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    """The variables that the curl lines of the findings take secrets from."""
    commands = [s.curl for line in lines for failure in line.failures for s in failure.steps]
    for name, what in target.variables.items():
        used = re.compile(rf"\$\{{?#?{re.escape(name)}(?!\w)")
        if any(used.search(command) for command in commands):
            yield name, what


def _notes(verdict: Verdict) -> Iterable[str]:
    waived = verdict.waived
    for waiver in waived.expired:
        yield f"the waiver of {waiver.rule} has expired on {waiver.expires}: {waiver.reason}"
    for waiver in waived.idle:
        yield f"the waiver of {waiver.rule} is not needed any more: the rule passes now"
    for waiver in waived.biting:
        yield f"{waiver.rule} is waived until {waiver.expires}: {waiver.reason}"
    if verdict.timeout is not None:
        yield (
            f"in the end a response could take {verdict.timeout:.1f} s, less than the `timeout` of"
            " the profile: others did not come in time, or the budget is small"
        )
    schemathesis = verdict.ledger.reason("schemathesis")
    if schemathesis:
        yield f"schemathesis: {schemathesis}"
