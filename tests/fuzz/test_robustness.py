"""Targets that are in no state to be checked: a clear end, and what was checked until then."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import pytest
from attrs import evolve

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.report.describe import describe
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


class Page(Handler):
    """Responses 200 with HTML, whatever it is asked."""

    def do(self) -> None:
        self.read_body()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "13")
        self.end_headers()
        self.wfile.write(b"<p>Hello</p>\n")

    # The names are those of http.server.
    do_POST = do_GET = do_PUT = do_PATCH = do_DELETE = do  # noqa: N815


class Dying(Handler):
    """Lets go of its port after some requests."""

    def throttle(self) -> None:
        self.server.requests += 1
        if self.server.requests == 60:
            threading.Thread(target=self.server.stop).start()
            time.sleep(0.1)
        if self.server.requests >= 60:
            self.close_connection = True
            self.connection.close()


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


def test_a_target_that_responds_with_html_is_reported() -> None:
    """A page instead of JSON violates the rules about the form of a response."""
    with servers.serving(Habits(readback=False), Page) as server:
        verdict = run(
            servers.target(server),
            budget=0,
            enough=lambda ledger: ledger.status("media-type-is-json") == "failed",
        )
    assert verdict.ledger.status("media-type-is-json") == "failed"
    assert verdict.failed


@pytest.mark.usefixtures("given_up_soon")
def test_a_target_that_dies_ends_the_run_with_what_was_checked() -> None:
    """What was checked until then is in the report, and why the rest is not."""
    with servers.serving(Habits(), Dying) as server:
        verdict = run(servers.target(server), budget=5, schemathesis=False)
    report = describe(verdict)
    assert verdict.ending == "unreachable"
    assert report.with_status("passed")
    unchecked = report.with_status("not checked")
    assert all(line.reason for line in unchecked)
    assert not report.with_status("failed")


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

    with servers.serving(handler=Noting) as server:
        prober = servers.prober(server)
        plain = prober.request(prober.bodies.batch(1))
        token = prober.target.tenant.token
        elsewhere = plain.with_header("X-Auth-Token", None).with_header("Authorization", token)
        counts: list[int] = []
        for request in (plain, plain, elsewhere):
            prober.wire.send(request)
            counts.append(len(opened))
        prober.wire.close()
    assert counts == [1, 1, 2]


def test_no_connection_is_left_open() -> None:
    """Not even if the one that a request was to have is dead, and another one waits."""
    with servers.serving(handler=ClosesBehindRejections) as server:
        prober = servers.prober(server)
        plain = prober.request(prober.bodies.batch(1))
        rejected = evolve(plain.with_header("X-Auth-Token", None), kept=True)
        for request in (plain, rejected, plain):
            prober.wire.send(request)
        prober.wire.close()
        gc.collect()  # warns of a socket that is open, which fails the test
