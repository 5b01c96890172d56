"""Ctrl-C during a run: the verdict has what was checked until then; the rest has its reason."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from drs_sync_policy.fuzz.active import Interrupted, Progress, run
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import servers
from tests.fuzz.servers import Handler


class Pressing(Handler):
    """Presses Ctrl-C in its own process, on one request."""

    at_request = 0

    def throttle(self) -> None:
        self.server.requests += 1
        if self.server.requests == self.at_request:
            os.kill(os.getpid(), signal.SIGINT)


def _pressed(*, at_request: int, skip_scenarios: bool) -> tuple[Verdict, list[str]]:
    handler = type("PressingOnce", (Pressing,), {"at_request": at_request})
    skips = iter([skip_scenarios])
    phases: list[str] = []
    with servers.serving(handler=handler) as server, pytest.raises(Interrupted) as caught:
        run(
            servers.target(server, timeout=5),
            enough=lambda ledger: next(skips, False),
            progress=Progress(phase=phases.append),
        )
    return caught.value.verdict, phases


@pytest.mark.parametrize(
    ("at_request", "skip_scenarios", "during"),
    [(60, False, "the scenario"), (1, False, "preflight"), (20, True, "schemathesis's own phases")],
)
def test_ctrl_c_ends_the_run_where_it_is(
    at_request: int, skip_scenarios: bool, during: str
) -> None:
    """No phase swallows it, and nothing is accused for it."""
    verdict, phases = _pressed(at_request=at_request, skip_scenarios=skip_scenarios)
    assert verdict.ending == "interrupted"
    assert f"during {during}" in verdict.reason
    assert phases[-1] == "done"
    assert not verdict.crashes
    assert not verdict.failed
    ledger = verdict.ledger
    assert "interrupted" in ledger.reason("accepted-policy-is-stored")


class _Pressed(list[Callable[[], None]]):
    """Two jobs; the second comes with Ctrl-C, once the first is under way."""

    def __init__(self, job: Callable[[], None], begun: threading.Event) -> None:
        super().__init__([job, job])
        self._begun = begun

    def __iter__(self) -> Iterator[Callable[[], None]]:
        yield self[0]
        assert self._begun.wait(30)
        raise KeyboardInterrupt


def test_ctrl_c_reaches_the_workers_while_they_are_being_started() -> None:
    """What is under way ends with its request, and what was left to send is not sent."""
    begun = threading.Event()
    sent: list[int] = []

    def send(number: int) -> None:
        sent.append(number)
        begun.set()

    with servers.probing() as prober:

        def job() -> None:
            prober.each(send, range(10**7))

        with pytest.raises(KeyboardInterrupt):
            prober.together(_Pressed(job, begun))
    assert 0 < len(sent) < 10**7
