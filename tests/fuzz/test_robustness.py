"""Targets that are in no state to be checked: a clear end, and what was checked until then."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from attrs import evolve

from drs_sync_policy.fuzz.active import run
from tests.fuzz import servers
from tests.fuzz.servers import Habits, Handler


class Hanging(Handler):
    """Never responses."""

    def throttle(self) -> None:
        self.server.hung.wait()


class Streaming(Handler):
    """Begins a response that never ends."""

    def throttle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        while not self.server.hung.wait(0.02):
            self.wfile.write(b" ")


@pytest.mark.parametrize(
    ("habits", "handler", "timeout", "reason"),
    [
        (Habits(), Hanging, 0.3, "no response within 0.3 s"),
        (Habits(), Streaming, 0.3, "not ended"),
        (Habits(hints=100), Handler, 30, "interim responses"),
    ],
    ids=["hangs", "streams", "only interim responses"],
)
def test_a_target_that_does_not_come_to_the_end_of_a_response_is_unreachable(
    habits: Habits, handler: type[Handler], timeout: float, reason: str
) -> None:
    """The run ends, after the profile's timeout at the latest, and says what it waited for."""
    with servers.serving(habits, handler) as server:
        verdict = run(servers.target(server, timeout=timeout), budget=5)
    assert verdict.ending == "unreachable"
    assert reason in verdict.reason


class ClosesBehindRejections(Handler):
    """Closes the connection behind a 401 and does not say so."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        super().response(status, value, **headers)
        self.close_connection = status == 401


def test_requests_with_different_credentials_share_no_connection() -> None:
    """A server that remembers who sent the first of a connection is a bug of one case only."""
    opened: list[str] = []

    class Noting(Handler):
        """Notes each connection."""

        def setup(self) -> None:
            opened.append("")
            super().setup()

    with servers.probing(handler=Noting) as prober:
        plain = prober.request(prober.bodies.batch(1))
        token = prober.target.tenant.token
        elsewhere = plain.with_header("X-Auth-Token", None).with_header("Authorization", token)
        counts: list[int] = []
        for request in (plain, plain, elsewhere):
            prober.wire.send(request)
            counts.append(len(opened))
    assert counts == [1, 1, 2]


def test_no_connection_is_left_open() -> None:
    """Not even if the one that a request was to have is dead, and another one waits."""
    with servers.probing(handler=ClosesBehindRejections) as prober:
        plain = prober.request(prober.bodies.batch(1))
        rejected = evolve(plain.with_header("X-Auth-Token", None), kept=True)
        for request in (plain, rejected, plain):
            prober.wire.send(request)
    gc.collect()  # warns of a socket that is open, which fails the test
