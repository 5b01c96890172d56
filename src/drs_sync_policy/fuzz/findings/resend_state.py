"""Sends again what leaves a job with the wrong policy, and says which rule that is about.

Each try sets the job to a known policy, sends the request, and compares what is stored with what
the items of the request say. So the smallest request shows whether a field is lost when it is set,
when it is left out, when it is set again, or only together with other items.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.findings import blame
from drs_sync_policy.fuzz.findings.aspects import aspects
from drs_sync_policy.fuzz.findings.resend import Cause, Resender
from drs_sync_policy.fuzz.findings.shrink import STATE_REDUCERS, Shows, items, renamed, smallest
from drs_sync_policy.fuzz.ledger import Exchange, Stored, Violation
from drs_sync_policy.fuzz.prober import TargetDown
from drs_sync_policy.fuzz.readback import Policy, PolicyReader, Unreadable
from drs_sync_policy.fuzz.rules import words
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Stopped, Throttled
from drs_sync_policy.fuzz.target.profile import Tenant

STORED: Final[AnyRule] = "accepted-policy-is-stored"
LATER: Final[AnyRule] = "later-calls-win"
REPEAT: Final[AnyRule] = "repeating-is-harmless"
LATE_SECONDS: Final = 0.1
"""After so long what is stored is read again: a write may only become visible late."""
_LATE_READS: Final = 3
"""So often: a busy server may take longer."""
_ABSENT: Final[Any] = object()
_VARIANTS: Final = 3
_FEW: Final = 6
"""Of a larger batch it is not clear that it needs a job twice: it may only need so many items."""


@frozen
class Try:
    """One request to a job with a known policy, and what was stored before and after."""

    earlier: tuple[Exchange, ...]
    before: Policy
    exchange: Exchange
    after: Policy
    reading: Exchange
    late: bool = False
    """Whether the right value was there when it was read again."""


@frozen
class StateResender:
    """One field of one job that was seen with a wrong value."""

    resender: Resender
    violation: Violation
    stored: Stored
    name: str

    @property
    def job(self) -> str:
        """The job."""
        return self.stored.job

    @property
    def tenant(self) -> Tenant:
        """The tenant that the job belongs to."""
        target = self.resender.prober.target
        other = target.other
        return other if other and other.project_id == self.stored.project_id else target.tenant

    def cause(self) -> Cause | None:
        """What the violation comes from; None if it is not seen again one request at a time."""
        requests = [entry.request for entry in self.violation.exchanges if self._sets(entry)]
        known = self._known(requests)
        if known:
            return known
        for number in range(len(requests), 0, -1):
            final = requests[number - 1]
            for earlier in self._beginnings(final, requests[: number - 1]):
                seen = self.run(earlier, final)
                if self.is_wrong(seen):
                    return self._shrunk(earlier, seen)
        return None

    def _known(self, requests: Sequence[Request]) -> Cause | None:
        """A cause found before that these requests have, too."""
        for cause in self.resender.known:
            least = cause.example.exchanges[-2].request if cause.example.stored else None
            if cause.field != self.name or cause.aspects is None or least is None:
                continue
            omits = not self._given(least)
            for request in requests:
                has = aspects(request, self.resender.plain)
                if cause.aspects.within(has) and (not omits or self._omits(request)):
                    return cause
        return None

    def _omits(self, request: Request) -> bool:
        return any(
            item.get(JOB) == self.job and self.name not in item
            for item in items(request)
            if isinstance(item, dict)
        )

    def _sets(self, exchange: Exchange) -> bool:
        """Whether an exchange may change what is stored; those that read it are not expected."""
        return bool(exchange.expectation.rule)

    def _beginnings(self, final: Request, earlier: list[Request]) -> Iterator[list[Request]]:
        """What to send first: another value for the field, then the same, then what was sent."""
        build, given = self.resender.build, self._given(final)
        policies = [build.policy(variant) for variant in range(_VARIANTS)]
        other = [p for p in policies if not given or not _same(p.get(self.name), given[-1])]
        for policy in other if not given else other[:2]:
            yield [self._request(policy)]
        if given:
            same = self._request({**policies[0], self.name: given[-1]})
            yield from ([same], [same, same])
        if earlier:
            yield earlier

    def _request(self, policy: Policy) -> Request:
        build = self.resender.build
        body = build.body([build.item(self.job, **policy)])
        return self.resender.prober.request(body, tenant=self.tenant)

    def _shrunk(self, earlier: Sequence[Request], first: Try) -> Cause:
        first = self._perhaps_late(first)
        seen = {first.exchange.request: first}

        def shows(request: Request) -> bool:
            try:
                seen[request] = self.run(earlier, request)
                if first.late:
                    seen[request] = self._perhaps_late(seen[request])
            except Unreadable:
                return False
            return self.is_wrong(seen[request]) and seen[request].late == first.late

        least = smallest(first.exchange.request, shows, self.resender.plain, STATE_REDUCERS)
        found = seen[least]
        rule = self._rule(found, {*self._needs(least, shows)})
        depends = rule == REPEAT  # on what was stored before
        cause = Cause(
            rule=rule,
            seen_as=rule,
            example=self._example(found, rule),
            label="alone" if len(earlier) <= 1 else "after earlier requests",
            needs="late" if found.late else "",
            field=self.name,
            aspects=None if depends else aspects(least, self.resender.plain),
        )
        self.resender.known.append(cause)
        return cause

    # --- one try ------------------------------------------------------------------------------

    def run(self, earlier: Sequence[Request], request: Request) -> Try:
        """Send the earlier requests and this one; read before and after."""
        sent = tuple(self.resender.send(entry) for entry in earlier)
        before, _ = self._read()
        exchange = self.resender.send(request)
        after, reading = self._read()
        return Try(sent, before, exchange, after, reading)

    def _perhaps_late(self, seen: Try) -> Try:
        """The same, with whether the right value is there a moment later."""
        for _ in range(_LATE_READS):
            time.sleep(LATE_SECONDS)
            again, _ = self._read()
            if not self.is_wrong(evolve(seen, after=again)):
                return evolve(seen, late=True)
        return seen

    def _read(self) -> tuple[Policy, Exchange]:
        prober = self.resender.prober
        reader = PolicyReader(prober)
        if self.resender.is_over:
            raise Unreadable("so many requests are enough")
        self.resender.left -= 1
        try:
            return reader.read(self.job, tenant=self.tenant, may_lack=True, recorded=False)
        except (TargetDown, Stopped, Throttled, NoResponse) as error:
            self.resender.stopped = True
            raise Unreadable(str(error)) from None

    def is_wrong(self, seen: Try) -> bool:
        """Whether the field has another value than the request should have left it with."""
        return not _same(self._expected(seen), seen.after.get(self.name, _ABSENT))

    def _expected(self, seen: Try) -> Any:
        wanted = seen.before.get(self.name, _ABSENT)
        if seen.exchange.expectation.tenant is not self.tenant:
            return wanted
        found = seen.exchange.results or []
        for item, result in zip(items(seen.exchange.request), found, strict=False):
            if isinstance(item, dict) and item.get(JOB) == self.job and self._is_field(item):
                wanted = item[self.name] if result.get("status") == "success" else wanted
        readback = self.resender.prober.target.readback
        return _ABSENT if readback and readback.means_none(wanted) else wanted

    def _is_field(self, item: dict[str, Any]) -> bool:
        return self.name in item and self.name in self.resender.build.fields

    def _given(self, request: Request) -> list[Any]:
        return [
            item[self.name]
            for item in items(request)
            if isinstance(item, dict) and item.get(JOB) == self.job and self._is_field(item)
        ]

    # --- what it is about -----------------------------------------------------------------------

    def _rule(self, seen: Try, needs: set[str]) -> AnyRule:
        """The rule about what the smallest request needs."""
        request = seen.exchange.request
        if seen.late:
            return STORED
        if seen.exchange.expectation.tenant is not self.tenant:
            return "tenants-are-isolated"
        if seen.exchange.results is None:
            return "refused-request-changes-nothing"
        for feature, rule in _FEATURES:
            if feature in needs:
                return rule
        given = self._given(request)
        if not given:
            return "omitted-field-keeps-its-value"
        before = seen.before.get(self.name, _ABSENT)
        if _same(before, given[-1]):
            return REPEAT
        kept = _same(before, seen.after.get(self.name, _ABSENT))
        alone = len(items(request)) == 1
        if alone and kept and (self._was_stored(given[-1]) or self._keeps_the_first(before)):
            return LATER
        return STORED

    def _needs(self, request: Request, shows: Shows) -> Iterator[str]:
        plain, target = self.resender.plain, self.resender.prober.target
        found = [item for item in items(request) if isinstance(item, dict)]
        jobs = [item.get(JOB) for item in found]
        if request.header("X-Language"):
            yield "language"
        if any(job in target.blocked_job_ids for job in jobs):
            yield "blocked job"
        unknown = {job for job in jobs if isinstance(job, str) and plain.oracle.owner(job) is None}
        if unknown and not shows(renamed(request, unknown, [self.job])):
            yield "unknown job"
        if blame.has_unknown_fields(request, plain):
            yield "unknown field"
        if jobs.count(self.job) > 1 and not (len(jobs) > _FEW and self._is_wrong_once(request)):
            yield "job twice"

    def _is_wrong_once(self, request: Request) -> bool:
        """Whether the job in its last item alone is enough, with other jobs in its place."""
        others = [f"{self.resender.plain.unknown}-{n}" for n in range(len(items(request)) - 1)]
        once = renamed(request, {self.job}, [*others, self.job])
        return self.is_wrong(self.run(next(self._beginnings(once, [])), once))

    def _was_stored(self, value: Any) -> bool:
        """Whether the run ever saw this value stored right after it was set."""
        history = self.resender.prober.history
        return history.was_stored(self.name, value)

    def _keeps_the_first(self, first: Any) -> bool:
        """Whether a value that the run saw being stored is never replaced by another one.

        Of two values it is not clear: the other one may be one that is never stored.
        """
        known = self.resender.known
        if any(cause.rule == LATER and cause.field == self.name for cause in known):
            return True
        if not self._was_stored(first):
            return False
        policies = map(self.resender.build.policy, range(_VARIANTS))
        others = [policy for policy in policies if not _same(policy.get(self.name), first)]
        return len(others) > 1 and all(
            self.is_wrong(self.run((), self._request(policy))) for policy in others
        )

    def _example(self, seen: Try, rule: AnyRule) -> Violation:
        wanted = self._expected(seen)
        right = {} if wanted is _ABSENT else {self.name: wanted}
        found = {self.name: seen.after[self.name]} if self.name in seen.after else {}
        told = words.policy(right, [self.name])
        later = f", and the right value {LATE_SECONDS:g} s later" if seen.late else ""
        return evolve(
            self.violation,
            rule=rule,
            expected=f"stored for {self.job}: {told}",
            received=words.stored(found, [self.name]) + later,
            exchanges=(*seen.earlier, seen.exchange, seen.reading),
            prepared=len(seen.earlier),
            stored=evolve(self.stored, wanted=right, found=found),
        )


_FEATURES: Final[tuple[tuple[str, AnyRule], ...]] = (
    ("blocked job", "blocked-job-fails-alone"),
    ("unknown job", "unknown-job-fails-alone"),
    ("unknown field", "unknown-fields-are-ignored"),
    ("language", "language-changes-only-messages"),
    ("job twice", "later-items-win"),
)
"""What the smallest request needs to leave a wrong value, and the rule that speaks of it."""


def _same(one: Any, other: Any) -> bool:
    if one is _ABSENT or other is _ABSENT:
        return one is other
    return ijson.same(one, other)
