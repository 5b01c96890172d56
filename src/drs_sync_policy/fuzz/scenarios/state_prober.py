"""The target's jobs with known policies: where the rules about stored state are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import Bodies
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
        self.build: Bodies = bodies(prober)
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
        problems: list[Violation] = []
        if wrong:
            problems = [self.violation(rule, job, wanted, found, wrong, case=case, seen=seen)]
        self.prober.checked(rule, problems)
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
    ) -> Violation:
        """That fields of a job are `found` otherwise than `wanted` once `seen` was done.

        Its exchanges begin with the requests that set what these fields had before.
        """
        past = self.prober.history.of(self.tenant, job, seen)
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
                reason = "" if state.build.fields else "no field of an item is optional"
            except Unreadable as error:
                reason = f"what is stored cannot be read: {error}"
            for rule in rules if reason else ():
                prober.ledger.not_checked(rule, reason)

        return run

    return wrap
