"""Bugs of the fuzzer itself: reported as such, and never as a verdict on the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve
from rich.console import Console

from drs_sync_policy import contract
from drs_sync_policy.fuzz import stock
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.crash import BLAME, is_ours
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.report import files, terminal
from drs_sync_policy.fuzz.report.describe import describe
from drs_sync_policy.fuzz.scenarios.requests.sweep import SCENARIOS
from drs_sync_policy.fuzz.target.connection import Pool
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Response
from drs_sync_policy.fuzz.target.patience import Patient
from drs_sync_policy.fuzz.target.profile import ProfileError, Target, parse
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import servers

pytestmark = pytest.mark.first

METHODS = "other-methods-are-refused"
PASSED = ("other-media-types-are-refused", "token-is-matched-exactly")


class Failing(Patient):
    """A wire of ours with a fault: it cannot send some requests."""

    def __init__(self, target: Target, cannot: Callable[[Request], bool], error: Exception) -> None:
        super().__init__(Pool(target), target)
        self.cannot, self.error = cannot, error

    def send(self, request: Request, *, timeout: float | None = None) -> Response:
        if self.cannot(request):
            raise self.error
        return super().send(request, timeout=timeout)


def _other_methods(request: Request) -> bool:
    return request.method != "POST" and request.path.endswith("/batch-sync-policy")


@pytest.fixture(scope="module")
def verdict(target: Target) -> Verdict:
    """The verdict of a fuzzer that cannot send other methods; its exception has the token in it."""
    error = ValueError(f"cannot send {target.tenant.token}")
    wire = Failing(target, _other_methods, error)
    return run(target, wire=wire, budget=0, rules={METHODS, *PASSED})


def test_a_bug_of_the_fuzzer_fails_no_rule(verdict: Verdict) -> None:
    """The run goes on without the scenario, and the verdict is incomplete because of our bug."""
    assert verdict.ending == "too little checked"
    assert not verdict.failed
    assert verdict.reason.startswith("the fuzzer itself failed in the scenario a first sweep, ")
    assert "the scenario methods" in verdict.reason
    crash = verdict.crashes[0]
    assert crash.error.startswith("ValueError: cannot send ")
    assert "in send" in crash.trace
    ledger = verdict.ledger
    assert ledger.status(METHODS) == "not checked"
    assert "ValueError: cannot send " in ledger.reason(METHODS)
    assert {ledger.status(rule) for rule in PASSED} == {"passed"}
    assert not ledger.times_skipped(PASSED[1])  # its cases in the sweep were sent, too


def _sent(prober: Prober, send: Callable[[Prober], None]) -> tuple[list[Request], list[str]]:
    """What was sent, in a fixed order, and the bugs that cost a case."""
    sent: list[Request] = []
    crashes: list[str] = []

    def on_crash(error: Exception) -> str:
        crashes.append(str(error))
        return str(error)

    prober.on_crash = on_crash
    prober.on_exchange = lambda exchange: sent.append(exchange.request)
    send(prober)
    prober.wire.close()
    return sorted(sent, key=repr), crashes


def test_a_bug_in_cases_of_the_first_sweep_costs_only_these_cases(target: Target) -> None:
    """However many: more cases fail than are sent at once, and all others are sent."""
    (sweep,) = SCENARIOS

    def fails(request: Request) -> bool:
        return b"x_unknown" in (request.body or b"")

    everything, none = _sent(servers.prober(target), sweep.run)
    prober = servers.prober(target, Failing(target, fails, ValueError("a bug")))
    rest, crashes = _sent(prober, sweep.run)
    assert none == []
    assert len(crashes) > prober.workers
    assert rest == [request for request in everything if not fails(request)]


def test_a_bug_where_cases_are_made_costs_only_the_rest_of_these(target: Target) -> None:
    """The cases next to them are sent."""
    prober = servers.prober(target)
    jobs = [prober.request(prober.bodies.body([prober.bodies.item(job)])) for job in "abc"]

    def failing() -> Iterator[Case]:
        yield Case(jobs[0], "a")
        raise ValueError("a bug")

    others = [Case(request, "another") for request in jobs[1:]]
    sent, crashes = _sent(prober, lambda prober: prober.send_all_apart(failing(), others))
    assert (sent, crashes) == (sorted(jobs, key=repr), ["a bug"])


def test_a_fuzzer_that_can_send_nothing_has_no_verdict(target: Target) -> None:
    """Every scenario is left out for the fault; the server is not blamed."""
    wire = Failing(target, lambda request: True, RuntimeError("no such plug"))
    verdict = run(target, wire=wire, budget=0)
    assert verdict.ending == "too little checked"
    assert verdict.crashes[0].during == "preflight"
    assert not list(verdict.ledger.violations())
    assert not describe(verdict).with_status("passed")


def test_a_bug_in_the_phases_of_schemathesis_is_reported_without_a_traceback(
    target: Target,
) -> None:
    """A document that schemathesis cannot read ends its phases as a reported bug of the fuzzer."""
    base = contract.load()
    unread = evolve(base, document={**base.document, "openapi": "9.0"})
    skip_scenarios = iter([True])
    verdict = run(target, against=unread, enough=lambda ledger: next(skip_scenarios, False))
    assert verdict.ending == "too little checked"
    (crash,) = verdict.crashes
    assert crash.during == "schemathesis's own phases"
    assert "9.0" in crash.error


def test_a_server_that_closes_connections_is_not_a_bug_of_the_fuzzer(target: Target) -> None:
    """Many servers close the connection where their code fails; schemathesis sends on."""
    error = NoResponse("the connection was closed without a response")
    wire = Failing(target, lambda request: b"null" in (request.body or b""), error)
    prober = servers.prober(target, wire)
    assert any(
        # Until it has sent a body that the server fails on.
        stock.run(prober, seconds=seconds) > 20 and prober.ledger.reason("schemathesis")
        for seconds in (1, 5, 25, 60)
    )
    assert prober.ledger.reason("schemathesis") == "Network Error: Connection failed"


def test_every_report_tells_a_fault_without_secrets(
    verdict: Verdict, target: Target, tmp_path: Path
) -> None:
    """An exception whose text has the token in it is shown with the token's variable."""
    report = describe(verdict)
    assert report.crashes[0].error == "ValueError: cannot send $DRS_TOKEN"
    assert 'File "/' not in report.crashes[0].trace
    files.write(report, tmp_path)
    with (tmp_path / "terminal").open("w", encoding="utf-8") as screen:
        terminal.show(report, Console(file=screen, width=200))
    for path in tmp_path.iterdir():
        text = path.read_text("utf-8")
        assert "cannot send $DRS_TOKEN" in text, path.name
        assert target.tenant.token not in text, path.name
    assert "THE FUZZER FAILED  in the scenario a first sweep" in (tmp_path / "terminal").read_text(
        "utf-8"
    )
    assert BLAME in (tmp_path / "report.html").read_text("utf-8")
    told = ET.parse(tmp_path / "junit.xml").find("testcase/error")
    assert told is not None
    assert "ValueError: cannot send $DRS_TOKEN" in (told.text or "")
    assert "the fuzzer itself failed" in told.get("message", "")
    assert "the fuzzer itself failed" in report.reason


def test_whose_fault_an_exception_is_its_way_tells() -> None:
    """Schemathesis hands over exceptions of its own and of our checks alike."""
    with pytest.raises(ProfileError) as ours:
        parse({}, origin="of this test")
    assert is_ours(ours.value)
    with pytest.raises(ValueError, match="invalid literal") as theirs:
        int("x")
    assert not is_ours(theirs.value)
