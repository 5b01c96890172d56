"""Before the first case and after the last: the profile works, and policies are restored."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from drs_sync_policy.fuzz.active import Progress, run
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.replay import replay
from drs_sync_policy.fuzz.report import export
from drs_sync_policy.fuzz.target.profile import Readback, Target, Tenant
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import faulty_stores, servers, validity
from tests.fuzz.faulty_requests import OneTokenPerConnection
from tests.fuzz.servers import Habits, Handler


def _run(target: Target) -> Verdict:
    """The verdict on the first cases: what comes before and after them is checked here."""
    return run(target, budget=0, enough=lambda ledger: ledger.requests > 40)


def _tenant(tenant: Tenant | None, token: str) -> Tenant:
    assert tenant is not None
    return evolve(tenant, token=token)


@pytest.mark.parametrize("name", ["target", "other_tenant"])
def test_a_rejected_token_of_any_tenant_ends_the_run(name: str) -> None:
    """The reason names the table of the profile that has the token."""
    with servers.serving() as server:
        target = servers.target(server)
        if name == "target":
            target = evolve(target, tenant=_tenant(target.tenant, "not-it"))
        else:
            target = evolve(target, other=_tenant(target.other, "not-it"))
        verdict = _run(target)
    assert verdict.ending == "not allowed in"
    assert f"`[{name}]`" in verdict.reason
    assert not list(verdict.ledger.violations())


class ForAnyToken(OneTokenPerConnection):
    """Asks for a token with each request, and remembers whether the first was right."""

    def authenticate(self, wanted: str) -> str:
        if not self.headers.get("X-Auth-Token", "").strip():
            raise servers.Refused(401)
        return super().authenticate(wanted)


@pytest.mark.parametrize("handler", [OneTokenPerConnection, ForAnyToken])
def test_a_token_that_is_read_once_per_connection_is_a_finding(handler: type[Handler]) -> None:
    """The right token of the other tenant is rejected on a kept connection: no fault of ours."""
    rule = "token-comes-from-its-header"
    with servers.serving(handler=handler) as server:
        target = servers.target(server)
        verdict = run(target, budget=20, enough=lambda ledger: ledger.status(rule) == "failed")
    assert verdict.ending == "complete"
    assert [finding.rule for finding in verdict.findings] == [rule]


@pytest.mark.parametrize(
    "readback",
    [
        Readback("/nowhere/{project_id}/{job_id}", policy_pointer="/policy"),
        Readback("/stored/{project_id}/{job_id}", policy_pointer="/polcy"),
        Readback("/stored/{project_id}/{job_id}", policy_pointer="/policy/slot_name"),
    ],
)
def test_a_readback_that_does_not_work_ends_the_run(readback: Readback) -> None:
    """404, or no object where the pointer points to, although a policy was just set."""
    with servers.serving() as server:
        verdict = _run(evolve(servers.target(server), readback=readback))
    assert verdict.ending == "invalid profile"
    assert "`[readback]`" in verdict.reason
    assert not list(verdict.ledger.violations())


class NoPolicyYet(Handler):
    """Responds 404 for a job that has no policy."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        status = 404 if isinstance(value, dict) and value.get("policy") == {} else status
        super().response(status, value, **headers)


def test_a_job_without_a_policy_is_not_an_error_of_the_profile() -> None:
    """It can be read once a request has set it; it cannot be restored, and the verdict says so."""
    with servers.serving(handler=NoPolicyYet) as server:
        verdict = _run(servers.target(server))
    assert verdict.ending == "complete"
    assert not list(verdict.ledger.violations())
    assert "job-a" in verdict.restored.changed


def test_policies_are_restored() -> None:
    """Jobs that had a policy with every field have it again, those of the other tenant as well."""
    policy = {
        "conflict_policy": "stop",
        "filter_ddl_policy": "drop_database",
        "ddl_trans": False,
        "index_trans": True,
        "slot_name": "before the run",
    }
    policy |= {name: example for name, example in validity.EXAMPLES.items() if name not in policy}
    with servers.serving() as server:
        every = [job for jobs in servers.JOBS.values() for job in jobs]
        server.stored = {job: dict(policy) for job in every}
        verdict = _run(servers.target(server))
        assert server.stored == dict.fromkeys(every, policy)
    assert sorted(verdict.restored.as_before) == every
    assert not verdict.restored.changed


def test_without_readback_the_jobs_are_listed() -> None:
    """Each job that the run may have changed, with the reason."""
    with servers.serving(Habits(readback=False)) as server:
        verdict = _run(servers.target(server))
    every = {job for jobs in servers.JOBS.values() for job in jobs}
    assert set(verdict.restored.changed) == every
    assert verdict.restored.as_before == ()


@pytest.mark.usefixtures("given_up_soon")
def test_a_run_that_ends_early_lists_the_jobs() -> None:
    """Nothing is sent to a server any more that does not respond."""
    with servers.serving() as server:
        phases = iter(range(100))

        def stop(name: str) -> None:
            if next(phases) == 3:
                server.stop()

        verdict = run(servers.target(server), budget=0, progress=Progress(phase=stop))
    assert verdict.ending == "unreachable"
    assert "job-a" in verdict.restored.changed


def test_a_required_rule_must_be_checked() -> None:
    """Else the run is not complete, and the reason names the rule."""
    with servers.serving(Habits(second_tenant=False)) as server:
        target = evolve(
            servers.target(server), require=("tenants-are-isolated", "count-equals-results")
        )
        verdict = _run(target)
    assert verdict.ending == "too little checked"
    assert "tenants-are-isolated" in verdict.reason
    assert "count-equals-results" not in verdict.reason


@pytest.mark.parametrize("handler", [Handler, faulty_stores.DefaultsOfAFirstRequest])
def test_the_first_request_for_a_job_sets_only_what_it_names(handler: type[Handler]) -> None:
    """It is recorded as every request, and a value that it does not name is a violation."""
    recorded: list[Exchange] = []
    with servers.serving(handler=handler) as server:
        target = servers.target(server)
        verdict = run(
            target, budget=0, enough=lambda ledger: ledger.requests > 10, record=recorded.append
        )
    posts = [exchange for exchange in recorded if exchange.request.method == "POST"]
    assert posts[0].request.body == b'{"jobs":[{"job_id":"job-a"}]}'
    found = {(entry.rule, entry.fields) for entry in verdict.ledger.violations()}
    wrong = {("omitted-field-keeps-its-value", ("index_trans",))}
    assert found == (set() if handler is Handler else wrong)


def test_a_first_request_cannot_be_sent_again() -> None:
    """The job has a policy then: on a repaired server this is neither FIXED nor FAILS."""
    handler = faulty_stores.DefaultsOfAFirstRequest
    with servers.serving(handler=handler) as server:
        verdict = run(servers.target(server), budget=0, enough=lambda ledger: ledger.requests > 10)
    (finding,) = verdict.findings
    assert finding.label == "not reproduced"
    assert 'skip(reason="what was stored before it' in export.module(verdict)
    with servers.serving() as repaired:
        repaired.stored = {job: {"index_trans": True} for job in servers.JOBS[servers.OWN]}
        prober = servers.prober(servers.target(repaired))
        done = replay(prober, finding.example)
        repaired.stored.clear()
        fixed = replay(prober, finding.example)
        prober.wire.close()
    assert (done.result, done.failed) == ("FLAKY", 0)
    assert fixed.result == "FIXED"
