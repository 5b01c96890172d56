"""How a finding was seen again: alone, with parallel requests, or not at all."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

import pytest

from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.findings.grouping import Finding, group
from drs_sync_policy.fuzz.readback import Unreadable
from drs_sync_policy.fuzz.scenarios.results import comparisons
from tests.fuzz import servers
from tests.fuzz.found import planted
from tests.fuzz.servers import Handler


def _findings(handler: type[Handler], *names: str) -> tuple[Finding, ...]:
    """What these scenarios find."""
    with servers.probing(handler=handler) as prober:
        for scenario in scenarios.ordered():
            if scenario.name in names:
                with contextlib.suppress(Unreadable):
                    scenario.run(prober)
        return group(prober)


class LosingUpdates(Handler):
    """Reads the policy, waits for another request, and writes it whole: one of both is lost."""

    begun = threading.Condition()
    number = 0

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        with self.server.lock:
            before = {job: dict(policy) for job, policy in self.server.stored.items()}
            found = super().policy(path, body)
            new, self.server.stored = self.server.stored, before
        with self.begun:
            LosingUpdates.number += 1
            mine = self.number
            self.begun.notify_all()
            self.begun.wait_for(lambda: self.number > mine, timeout=0.02)
        with self.server.lock:
            jobs = {result["id"] for result in found["results"]} & new.keys()
            self.server.stored |= {job: new[job] for job in jobs}
        return found


@pytest.mark.system
@pytest.mark.first
def test_a_lost_update_is_seen_with_parallel_requests() -> None:
    """One request after the other leaves what it should."""
    (finding,) = _findings(LosingUpdates, "fields at once")
    assert finding.rule == "concurrent-calls-take-turns"
    assert finding.labelled == "with parallel requests"


class Once(Handler):
    """Counts wrongly in one response."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        found = super().policy(path, body)
        return {**found, "count": found["count"] + (self.server.requests == 4)}


def test_what_is_not_seen_again_says_how_often_it_was_tried() -> None:
    """The rule does not change."""
    (finding,) = _findings(Once, "what is accepted")
    assert finding.rule == "count-equals-results"
    assert finding.labelled == "not reproduced (1 of 4)"


class Late(Handler):
    """What is set becomes visible 50 ms later."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        self.reveal()
        before = {job: dict(policy) for job, policy in self.server.stored.items()}
        found = super().policy(path, body)
        waiting.append((time.monotonic() + 0.05, self.server.stored))
        self.server.stored = before
        return found

    def do(self) -> None:
        self.reveal()
        super().do()

    # The names are those of http.server.
    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST = do  # noqa: N815

    def reveal(self) -> None:
        while waiting and waiting[0][0] < time.monotonic():
            self.server.stored = waiting.pop(0)[1]


waiting: list[tuple[float, dict[str, dict[str, Any]]]] = []


def test_a_write_that_is_visible_late_is_one_finding() -> None:
    """What is stored is read again after a moment, and the finding says so."""
    (finding,) = _findings(Late, "plain requests", "jobs more than once")
    assert finding.rule == "accepted-policy-is-stored"
    assert "0.1 s later" in finding.cause


class Dying(Handler):
    """Fails for ever after 20 requests."""

    def do(self) -> None:
        if self.server.requests >= 20:
            self.read_body()
            self.response(500, self.said("request"))
        else:
            super().do()

    # The names are those of http.server.
    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST = do  # noqa: N815

    language = "en-us"


def test_a_server_that_fails_for_ever_has_one_finding() -> None:
    """Whatever is sent since then, the cause is the same."""
    names = ("plain requests", "what is accepted", "what is rejected", "credentials", "methods")
    (finding,) = _findings(Dying, *names)
    assert finding.rule == "valid-request-never-crashes"


def test_a_request_that_must_not_be_repeated_is_not_called_alone() -> None:
    """The run ended with it, so that the server still remembers it when it is sent again."""
    rule = "repeating-is-harmless"
    with planted("repetition-fails") as (target, wire):
        prober = servers.prober(target, wire)
        prober.enough = lambda ledger: ledger.status(rule) == "failed"
        (repeats,) = (entry for entry in comparisons.SCENARIOS if entry.name == "repeats")
        repeats.run(prober)
        prober.enough = lambda ledger: False
        (finding,) = group(prober)
    assert (finding.rule, finding.label) == (rule, "after earlier requests")
    assert finding.also_fails == ("own-job-succeeds",)
