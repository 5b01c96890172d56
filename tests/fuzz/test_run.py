"""A whole run: its verdict on servers that keep the contract, break it, or are not there."""

from __future__ import annotations

import time
from typing import Any, Final

import pytest
from attrs import evolve

from drs_sync_policy import contract
from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.active import Progress, run
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import servers
from tests.fuzz.found import planted
from tests.fuzz.servers import Handler


def test_a_server_that_is_not_there_is_unreachable(target: Target) -> None:
    """No verdict is given on it, and the reason names where it was looked for."""
    verdict = run(evolve(target, url="http://127.0.0.1:9"), budget=0)
    assert verdict.ending == "unreachable"
    assert "127.0.0.1:9" in verdict.reason


class Uncounted(Handler):
    """Says -1 for each count, whatever was sent, and forgets what an item leaves out."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        return {**super().policy(path, body), "count": -1}

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        self.server.stored.pop(item["job_id"], None)
        return super().apply(project, item, place)


def test_each_finding_is_reported_once_while_the_run_goes_on() -> None:
    """The first violation is news; further kinds of it are for the verdict."""
    reported: list[str] = []
    progress = Progress(finding=lambda found: reported.append(found.rule))
    with servers.serving(handler=Uncounted) as server:
        verdict = run(
            servers.target(server),
            budget=0,
            progress=progress,
            enough=lambda ledger: ledger.requests > 400,
        )
    kinds = [violation.rule for violation in verdict.ledger.violations()]
    assert len(kinds) > len(set(kinds))
    assert len(reported) == len(set(reported))
    assert {"answer-matches-schema"} <= set(reported) <= set(kinds)


class Created(Handler):
    """Does everything right, and requests it 201."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        super().response(201 if status == 200 else status, value, **headers)


class Hasty(Handler):
    """Rejects a request without a token before it has read the body, and keeps the connection."""

    def read_body(self) -> bytes:
        if not self.headers.get("X-Auth-Token"):
            return b""
        return super().read_body()


def test_a_body_that_is_left_unread_is_taken_for_the_next_request() -> None:
    """What is wrong shows only in the request behind, on the same connection: both are reported."""
    with servers.serving(handler=Hasty) as server:
        verdict = run(
            servers.target(server),
            budget=60,
            schemathesis=False,
            enough=lambda ledger: ledger.status("valid-request-is-accepted") == "failed",
        )
    found = [b for b in verdict.ledger.violations() if b.kind == "relation"]
    assert found
    assert {violation.rule for violation in found} == {"valid-request-is-accepted"}
    assert all("behind one with no token" in violation.case for violation in found)
    assert all(len(violation.exchanges) == 2 for violation in found)


def test_another_2xx_than_200_fails_a_rule() -> None:
    """The server accepts the requests: that none got a 200 breaks a rule."""
    with servers.serving(handler=Created) as server:
        verdict = run(
            servers.target(server),
            budget=0,
            enough=lambda ledger: ledger.status("valid-request-is-accepted") == "failed",
        )
    assert verdict.ending == "complete"
    assert "valid-request-is-accepted" in {
        violation.rule for violation in verdict.ledger.violations()
    }
    (finding,) = verdict.findings
    assert "answer-matches-schema" in finding.not_checked
    assert verdict.ledger.status("own-job-succeeds") == "passed"


def test_a_rule_that_other_violations_hide_says_which() -> None:
    """Until a response is seen that it can be checked with."""
    ledger, rule = Ledger(contract.load().rules), "own-job-succeeds"
    ledger.hide(rule, by="status-is-documented")
    assert [*ledger.hidden_by(["status-is-documented"])] == [rule]
    assert "fail status-is-documented" in ledger.reason(rule)
    ledger.checked(rule)
    assert [*ledger.hidden_by(["status-is-documented"])] == []
    assert not ledger.reason(rule)


class ColdStart(Handler):
    """Responds slowly to the first requests."""

    def read_body(self) -> bytes:
        time.sleep(0.08 if self.server.requests < 40 else 0)
        return super().read_body()


class SlowReading(Handler):
    """Responds slowly to requests that read what is stored."""

    def read_body(self) -> bytes:
        time.sleep(0.5 if self.command == "GET" else 0)
        return super().read_body()


_KEPT: Final = "omitted-field-keeps-its-value"
"""A rule that several required scenarios check."""


def _on_kept(handler: type[Handler], *, budget: float) -> tuple[Verdict, list[str]]:
    """The verdict on a server for one rule, and the phases of the run."""
    phases: list[str] = []
    with servers.serving(handler=handler) as server:
        verdict = run(
            servers.target(server),
            budget=budget,
            progress=Progress(phase=phases.append),
            deep=False,
            rules={_KEPT},
        )
    return verdict, [name for name in phases if name in _REQUIRED]


_REQUIRED: Final = [entry.name for entry in scenarios.ordered() if entry.required]


def test_a_scenario_that_needs_long_is_run_to_its_end_after_the_others() -> None:
    """Its turn is over before its last case; then the others have theirs."""
    verdict, begun = _on_kept(ColdStart, budget=24)
    assert begun.count(begun[0]) == 2
    assert len(set(begun[: begun.index(begun[0], 1)])) > 3
    assert verdict.ending == "complete"
    assert verdict.ledger.status(_KEPT) == "passed"


@pytest.mark.system
@pytest.mark.first
def test_each_required_scenario_keeps_its_share_of_the_budget() -> None:
    """Several that need more than the whole budget all begin; on a busy machine, too."""
    verdict, begun = _on_kept(SlowReading, budget=18)
    unfinished = set(verdict.reason.partition(": ")[2].split(", "))
    assert verdict.ending == "too little checked"
    assert len(unfinished) > 2
    assert unfinished <= set(begun)


def test_the_findings_of_a_run_without_a_budget_have_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow server ends it, and what was changed is restored without a limit."""
    limits: list[float] = []
    rule = "count-equals-results"
    with planted("count-off-by-one") as (target, wire):
        monkeypatch.setattr(type(wire), "limit", lambda _, seconds: limits.append(seconds))
        run(
            target,
            budget=0,
            wire=wire,
            rules={rule},
            enough=lambda ledger: ledger.status(rule) == "failed",
        )
    assert limits == [120.0, float("inf")]
