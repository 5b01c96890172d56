"""Servers with the bugs of real implementations, unknown to the cases, are found in time."""

from __future__ import annotations

import pytest

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.scenarios.requests import protocol
from drs_sync_policy.fuzz.scenarios.state import unchanged
from tests.fuzz import faulty_items, faulty_requests, faulty_stores, servers
from tests.fuzz.servers import Habits, Handler

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


@pytest.mark.parametrize(
    ("scenario", "handler", "rules"),
    [
        ("chunks", ReadsChunks, set()),
        ("chunks", faulty_requests.FirstChunkOnly, {"valid-request-is-accepted"}),
        ("chunks", faulty_requests.DecodesEachChunk, {"result-id-echoes-job-id"}),
        ("Expect", ReadsChunks, set()),
        ("Expect", faulty_requests.NoExpectations, {"valid-request-is-accepted"}),
    ],
)
def test_a_valid_request_that_is_sent_otherwise_is_read(
    scenario: str, handler: type[Handler], rules: set[str]
) -> None:
    """Chunks and expectations change nothing of what a request means."""
    (chosen,) = (one for one in protocol.SCENARIOS if one.name == scenario)
    with servers.serving(handler=handler) as server:
        prober = servers.prober(server)
        prober.together([lambda: chosen.run(prober)])
    found = {violation.rule for violation in prober.ledger.violations()}
    assert found & {"valid-request-is-accepted", "result-id-echoes-job-id"} == rules


@pytest.mark.parametrize(
    ("handler", "rules"),
    [(Handler, set()), (faulty_stores.StoresWhatItThrottles, {"refused-request-changes-nothing"})],
)
def test_what_a_throttled_request_stored_is_read_before_it_is_sent_again(
    handler: type[Handler], rules: set[str]
) -> None:
    """The request that is sent again would hide it."""
    habits = Habits() if rules else Habits(unavailable_every=10)
    (chosen,) = (one for one in unchanged.SCENARIOS if one.name == "throttled requests")
    with servers.serving(habits, handler) as server:
        prober = servers.prober(server)

        def work() -> None:
            while not prober.wire.throttled:
                prober.send(prober.request(prober.bodies.batch(1)), case="until one is throttled")
            chosen.run(prober)

        prober.together([work])  # it closes its connection
    assert prober.ledger.times_checked("refused-request-changes-nothing")
    assert {violation.rule for violation in prober.ledger.violations()} == rules
