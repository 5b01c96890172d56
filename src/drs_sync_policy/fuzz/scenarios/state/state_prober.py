"""Sets and reads the policies of a tenant's jobs, and hands what was read to the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.readback import Policy, PolicyReader
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.target.profile import Tenant
from drs_sync_policy_contract import RuleId


class StateProber:
    """The jobs of a tenant, whose policies can be set and read."""

    def __init__(self, prober: Prober, *, tenant: Tenant | None = None) -> None:
        self.prober = prober
        self.build: Bodies = prober.bodies
        self.reader: PolicyReader = PolicyReader(prober)
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
        """What is stored for a job of this tenant; nothing if it `may_lack` a policy."""
        return self.reader.read(job, tenant=self.tenant, may_lack=may_lack)

    def check(
        self,
        rules: Sequence[RuleId],
        before: Mapping[str, Policy],
        exchanges: Sequence[Exchange],
        *,
        case: str,
    ) -> dict[str, Policy]:
        """Read the jobs of `before`, check the rules, and return what is stored now."""
        read = {job: self.read(job, may_lack=not policy) for job, policy in before.items()}
        after = {job: policy for job, (policy, _) in read.items()}
        evidence = Evidence(
            exchanges=tuple(exchanges),
            project_id=self.tenant.project_id,
            readable=self.reader.fields,
            before=before,
            after=after,
            readings=tuple(reading for _, reading in read.values()),
        )
        for rule in rules:
            self.prober.check(rule, evidence, case=case)
        return after

    def set_and_check(
        self,
        rules: Sequence[RuleId],
        before: Mapping[str, Policy],
        items: Sequence[Mapping[str, Any]],
        *,
        case: str,
        **options: Any,
    ) -> dict[str, Policy]:
        """Send a batch, then `check` the rules with it."""
        exchange = self.set(items, case=case, **options)
        return self.check(rules, before, [exchange], case=case)


def with_state(scenario: Callable[[StateProber], None]) -> Callable[[Prober], None]:
    """A scenario that sets and reads policies; without optional fields there is nothing to set."""

    def run(prober: Prober) -> None:
        state = StateProber(prober)
        if state.reader.fields:
            scenario(state)

    return run
