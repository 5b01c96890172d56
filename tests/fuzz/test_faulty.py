"""Servers with the bugs of real implementations, unknown to the cases, are found in time."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.findings.grouping import group
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.replay import replay
from drs_sync_policy.fuzz.report import export
from drs_sync_policy.fuzz.scenarios.requests import protocol
from drs_sync_policy.fuzz.scenarios.state import unchanged
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import faulty_items, faulty_requests, faulty_stores, servers
from tests.fuzz.servers import Handler, Refused

COMMON = (
    faulty_items.BooleanFromText,
    faulty_items.JobFromNumber,
    faulty_items.JobsFromObject,
    faulty_items.EnumInAnyCase,
    faulty_items.EnumMayBeEmpty,
    faulty_items.EnumOfTheFirstItem,
    faulty_items.AppliesBeforeRejecting,
)


def _found(ledger: Ledger) -> bool:
    return any(ledger.violations())


@pytest.mark.parametrize("handler", COMMON)
def test_a_common_bug_is_found_by_the_required_scenarios(handler: type[Handler]) -> None:
    """Whatever the budget: they run first and come to their end."""
    with servers.serving(handler=handler) as server:
        verdict = run(servers.target(server), budget=0, enough=_found)
    assert verdict.failed


class ReadsChunks(faulty_requests.FirstChunkOnly):
    """Reads a chunked body, as it should."""

    def used(self, chunks: list[bytes]) -> bytes:
        return b"".join(chunks)


class NoExpectations(faulty_requests.CrashesOnExpectations):
    """Supports no expectations, as RFC 9110 allows it."""

    expectation_gets = 417


SENT_OTHERWISE = ("valid-request-is-accepted", "result-id-echoes-job-id", "status-is-documented")


@pytest.mark.parametrize(
    ("scenario", "handler", "rules"),
    [
        ("chunks", ReadsChunks, set()),
        ("chunks", faulty_requests.FirstChunkOnly, {"valid-request-is-accepted"}),
        ("chunks", faulty_requests.DecodesEachChunk, {"result-id-echoes-job-id"}),
        ("Expect", ReadsChunks, set()),
        ("Expect", NoExpectations, set()),
        ("Expect", faulty_requests.CrashesOnExpectations, {"valid-request-is-accepted"}),
    ],
)
def test_a_valid_request_that_is_sent_otherwise_is_read(
    scenario: str, handler: type[Handler], rules: set[str]
) -> None:
    """Chunks and expectations change nothing of what a request means."""
    (chosen,) = (one for one in protocol.SCENARIOS if one.name == scenario)
    with servers.probing(handler=handler) as prober:
        chosen.run(prober)
    found = {violation.rule for violation in prober.ledger.violations()}
    assert found & {*SENT_OTHERWISE} == rules


def test_an_exported_test_sends_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a body is cut, a server that reads one chunk has one bug; the test shows it."""
    (chosen,) = (one for one in protocol.SCENARIOS if one.name == "chunks")
    with servers.probing(handler=faulty_requests.FirstChunkOnly) as prober:
        chosen.run(prober)
        target = prober.target
        findings = group(prober)
        verdict = Verdict(target, prober.ledger, "complete", "", 1, 1.0, findings=findings)
        (finding,) = findings
        assert finding.rule == "valid-request-is-accepted"
        assert finding.example.exchanges[-1].request.cuts == (1,)
        exported: dict[str, Any] = {}
        exec(export.module(verdict), exported)
        (shows,) = (made for name, made in exported.items() if name.startswith("test_"))
        monkeypatch.setenv("DRS_TOKEN", target.tenant.token)
        with pytest.raises(AssertionError):
            shows()
    with servers.serving(handler=ReadsChunks) as right:
        monkeypatch.setenv("DRS_URL", servers.target(right).origin)
        shows()


class Throttles(Handler):
    """Sends 429 to every tenth request, and does not carry it out."""

    def throttle(self) -> None:
        super().throttle()
        if self.server.requests % 10 == 0:
            raise Refused(429)


class StoresBeforeA503(faulty_stores.StoresWhatItThrottles):
    """Some requests are carried out, and a gateway then sends 503."""

    status = 503


class LosesResponses(Handler):
    """Carries out a request, loses the connection before the response, and throttles the next."""

    def throttle(self) -> None:
        super().throttle()
        if self.command == "POST" and self.server.hung.is_set():
            self.server.hung.clear()
            raise Refused(429)

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        found = super().policy(path, body)
        if self.server.requests % 7 == 0:
            self.server.hung.set()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        return found


_STORES = "refused-request-changes-nothing"


@pytest.mark.parametrize(
    ("handler", "checked", "rules"),
    [
        (Throttles, True, set()),
        (faulty_stores.StoresWhatItThrottles, True, {_STORES}),
        (StoresBeforeA503, False, set()),
        (LosesResponses, False, set()),
    ],
)
def test_what_a_throttled_request_stored_is_read_before_it_is_sent_again(
    handler: type[Handler], checked: bool, rules: set[str]
) -> None:
    """The request that is sent again would hide it; an earlier try may have stored it rightly."""
    (chosen,) = (one for one in unchanged.SCENARIOS if one.name == "throttled requests")
    with servers.probing(handler=handler) as prober:

        def work() -> None:
            while not prober.wire.throttled:
                prober.send(prober.request(prober.bodies.batch(1)), case="until one is throttled")
            chosen.run(prober)

        prober.together([work])  # it closes its connection
    assert bool(prober.ledger.times_checked(_STORES)) == checked
    with servers.serving() as repaired:
        again = servers.prober(servers.target(repaired))
        for violation in prober.ledger.violations():
            done = replay(again, violation)
            assert (done.result, done.failed) == ("FLAKY", 0)
        again.wire.close()
    assert {violation.rule for violation in prober.ledger.violations()} == rules
