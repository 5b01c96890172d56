"""The target's jobs with known policies: where the rules about stored state are checked.

Fields that a plain request already does not get stored (see `plain`) are left out of the bodies
here: what is stored of them breaks the rule that a plain request breaks, and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.history import Past
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.readback import Policy, PolicyReader, Unreadable, differences
from drs_sync_policy.fuzz.rules import words
from drs_sync_policy.fuzz.scenarios.first import bodies
from drs_sync_policy.fuzz.scenarios.results import results
from drs_sync_policy.fuzz.target.profile import Tenant
from drs_sync_policy.fuzz.verdict import Exchange, Stored, Violation

STORED: Final = "accepted-policy-is-stored"
KEEPS: Final = "omitted-field-keeps-its-value"
LATER_ITEMS: Final = "later-items-win"
LATER_REQUESTS: Final = "later-calls-win"
REPEAT: Final = "repeating-is-harmless"
REFUSED: Final = "refused-request-changes-nothing"
UNKNOWN: Final = "unknown-fields-are-ignored"
ISOLATED: Final = "tenants-are-isolated"
BLOCKED: Final = "blocked-job-fails-alone"
UNKNOWN_JOB: Final = "unknown-job-fails-alone"
LANGUAGE: Final = "language-changes-only-messages"


class StateProber:
    """The target's jobs with known policies, and what it takes to change and read them."""

    def __init__(self, prober: Prober, *, tenant: Tenant | None = None) -> None:
        self.prober = prober
        self.build: Bodies = bodies(prober).without(prober.astray)
        self.reader: PolicyReader = PolicyReader(prober, bodies(prober).fields)
        self.tenant: Tenant = tenant or prober.target.tenant

    def set(self, items: Sequence[Mapping[str, Any]], *, case: str, **options: Any) -> Exchange:
        """Send a batch of these items."""
        body = self.build.body(items)
        return self.prober.send(self.prober.request(body, tenant=self.tenant, **options), case=case)

    def settle(self, job: str, variant: int = 0) -> Policy:
        """Give a job a policy with every field, and return what is stored then."""
        self.set([self.build.full(job, variant)], case="every field, to begin with")
        return self.read(job)[0]

    def read(self, job: str, *, may_lack: bool = False) -> tuple[Policy, Exchange]:
        """What is stored for a job of this tenant; nothing where it `may_lack` a policy."""
        return self.reader.read(job, tenant=self.tenant, may_lack=may_lack)

    def expect(
        self, rule: str, job: str, wanted: Policy, *, case: str, after: Sequence[Exchange]
    ) -> bool:
        """Check `rule`: whether `wanted` is what is stored for `job`."""
        found, reading_ = self.read(job)
        wrong = differences(wanted, found)
        return self._check(rule, job, wanted, found, wrong, case=case, seen=(*after, reading_))

    def unchanged(
        self, rule: str, job: str, before: Policy, *, case: str, after: Sequence[Exchange]
    ) -> bool:
        """Check `rule`: whether exactly `before` is stored, nothing more."""
        found, reading_ = self.read(job, may_lack=not before)
        wrong = [name for name in {**before, **found} if not _equal(before, found, name)]
        return self._check(rule, job, before, found, wrong, case=case, seen=(*after, reading_))

    def _check(
        self,
        rule: str,
        job: str,
        wanted: Policy,
        found: Policy,
        wrong: Sequence[str],
        *,
        case: str,
        seen: tuple[Exchange, ...],
    ) -> bool:
        violation = self.violation(rule, job, wanted, found, wrong, case=case, seen=seen)
        if violation or not wrong:
            self.prober.checked(rule, [violation] if violation else ())
        return not wrong

    def violation(
        self,
        rule: str,
        job: str,
        wanted: Policy,
        found: Policy,
        wrong: Sequence[str],
        *,
        case: str,
        seen: tuple[Exchange, ...],
    ) -> Violation | None:
        """That fields of a job are `found` otherwise than `wanted` once `seen` was done.

        Its exchanges begin with the requests that set what these fields had before. None where no
        field is wrong, or another rule is to blame for each that is.
        """
        past = self.prober.history.of(self.tenant, job, seen)
        wrong = [name for name in wrong if not self._excused(rule, name, past)]
        if not wrong:
            return None
        before = past.leading_to(wanted, found, wrong)
        return Violation(
            rule,
            case,
            f"stored for {job}: {words.policy(wanted, wrong)}",
            words.stored(found, wrong),
            (*before, *seen),
            prepared=len(before),
            stored=Stored(job, self.tenant.project_id, _of(wanted, wrong), _of(found, wrong)),
        )

    def _excused(self, rule: str, name: str, past: Past) -> bool:
        """Whether plain requests show that another rule is to blame for this field."""
        prober = self.prober
        reason = ""
        if rule not in (STORED, KEEPS) and name in prober.unkept and past.omits(name):
            reason = _beside(prober.unkept, "that leave it out", KEEPS)
        if rule != REPEAT and name in prober.unsteady and past.may_repeat(name):
            reason = _beside(prober.unsteady, "that set it to what it is", REPEAT)
        if reason:
            prober.ledger.not_checked(rule, reason)
        return bool(reason)


def _beside(names: Collection[str], requests: str, rule: str) -> str:
    """What is not checked of some fields, because plain requests break another rule with them."""
    told = ", ".join(f"`{name}`" for name in sorted(names))
    return f"without {told} in requests {requests}: with it plain requests break {rule} already"


def _of(policy: Policy, names: Sequence[str]) -> Policy:
    return {name: policy[name] for name in names if name in policy}


def _equal(one: Policy, other: Policy, name: str) -> bool:
    return name in one and name in other and ijson.same(one[name], other[name])


def accepted(exchange: Exchange) -> bool:
    """Whether the whole batch succeeded, so that what is stored can be checked."""
    found = results(exchange)
    return bool(found) and all(entry.get("status") == "success" for entry in found or ())


def reading(
    rules: Sequence[str],
) -> Callable[[Callable[[StateProber], None]], Callable[[Prober], None]]:
    """Hand a scenario its state; where nothing can be read back, its rules are not checked."""

    def wrap(scenario: Callable[[StateProber], None]) -> Callable[[Prober], None]:
        def run(prober: Prober) -> None:
            try:
                state = StateProber(prober)
                if state.build.fields:
                    scenario(state)
                reason = _left_out(prober, whole=not state.build.fields)
            except Unreadable as error:
                reason = f"what is stored cannot be read: {error}"
            for rule in rules if reason else ():
                if rule != STORED or not prober.astray:
                    prober.ledger.not_checked(rule, reason)

        return run

    return wrap


def _left_out(prober: Prober, *, whole: bool) -> str:
    """What is not checked because plain requests already break a rule; empty if nothing is."""
    if whole:
        return f"a plain request gets no field stored as sent ({STORED})"
    names = ", ".join(f"`{name}`" for name in prober.astray)
    return f"without {names}: plain requests with it already break a rule" if names else ""
