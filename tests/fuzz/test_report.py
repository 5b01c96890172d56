"""The report: enough to repair the server by, and no secret in it."""

from __future__ import annotations

import datetime
import io
import math
import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve
from rich.console import Console

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.evidence.files import as_json
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.report import files, github, html, terminal
from drs_sync_policy.fuzz.report.describe import describe
from drs_sync_policy.fuzz.report.model import Report
from drs_sync_policy.fuzz.report.progress import Live
from drs_sync_policy.fuzz.target.profile import Target, Waiver
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import servers
from tests.fuzz.servers import Habits, Handler, Miscounting
from tests.html import Reader
from tests.processes import completed

pytestmark = pytest.mark.first


class MiscountingForAll(Miscounting):
    """Accepts any token that is long enough, too."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "")
        if len(token) > 5 and token not in servers.TOKENS:
            self.headers.replace_header("X-Auth-Token", next(iter(servers.TOKENS)))
        return super().authenticate(wanted)


@pytest.fixture(scope="module")
def miscounted() -> Iterator[tuple[Target, Verdict]]:
    """A server with two faults, and the verdict on it."""
    with servers.serving(handler=MiscountingForAll) as server:
        target = servers.target(server)
        yield target, run(target, budget=0, enough=_after(1000))


def _after(requests: int) -> Callable[[Ledger], bool]:
    """Ends a run after so many requests."""
    return lambda ledger: ledger.requests > requests


def _printed(report: Report, **options: Any) -> str:
    console = Console(width=100, file=io.StringIO(), highlight=False)
    terminal.show(report, console, **options)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _everything(report: Report, folder: Path) -> str:
    """The text of every report."""
    files.write(report, folder)
    (folder / "terminal").write_text(_printed(report, verbose=True), "utf-8")
    return "\n".join(path.read_text("utf-8") for path in folder.iterdir() if path.is_file())


def _first_curl(verdict: Verdict, rule: str) -> str:
    report = describe(verdict)
    finding = next(entry for entry in report.findings if entry.rule.id == rule)
    return finding.example.steps[-1].curl


def _run_in_bash(command: str, **variables: str) -> str:
    done = completed(
        ["bash", "-c", command + " --silent"],
        env={**variables, "PATH": "/usr/bin:/bin"},
        check=True,
    )
    return done.stdout


def test_no_report_has_a_token(miscounted: tuple[Target, Verdict], tmp_path: Path) -> None:
    """Neither a token nor the better part of one is in any report."""
    target, verdict = miscounted
    text = _everything(describe(verdict, folder=tmp_path), tmp_path).lower()
    for secret, _ in target.secrets:
        pieces = {secret[n : n + 10].lower() for n in range(len(secret) - 9)}
        assert not [piece for piece in pieces if piece in text]


def test_the_details_of_a_finding_are_printed(miscounted: tuple[Target, Verdict]) -> None:
    """Rule, statement, case, what was expected and received, the command, and the response."""
    report = describe(miscounted[1])
    printed = " ".join(_printed(report, verbose=True).split())
    for finding in report.findings:
        example = finding.example
        step = example.steps[-1]
        for part in (
            f"FAILED {finding.rule.id}",
            finding.rule.statement,
            example.case,
            example.expected,
            example.received,
            step.curl,
            step.head,
        ):
            assert " ".join(part.split()) in printed


def test_the_end_has_a_line_for_each_finding(miscounted: tuple[Target, Verdict]) -> None:
    """The counts come after the findings, the verdict and the server are the last line."""
    target, verdict = miscounted
    report = describe(verdict)
    lines = _printed(report).splitlines()
    shown = [line for line in lines if line.startswith("FAILED ")]
    assert [line.split()[1].rstrip(":") for line in shown] == [f.rule.id for f in report.findings]
    assert lines[-1].endswith(f" on {target.url}")
    assert len(lines[-1]) < 80
    assert "--seed 0" in lines[-2]
    assert len(lines) < 12


def test_on_a_terminal_a_finding_is_one_line(miscounted: tuple[Target, Verdict]) -> None:
    """It is cut, and no line of prose is wider than the terminal."""
    file = io.StringIO()
    console = Console(width=50, file=file, force_terminal=True, color_system=None)
    terminal.show(describe(miscounted[1]), console)
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= 50
    assert any(line.startswith("FAILED ") and line.endswith("…") for line in lines)


def test_the_curl_command_shows_the_violation_again(miscounted: tuple[Target, Verdict]) -> None:
    """Pasted into a shell with the token in its variable, it gets the same response."""
    target, verdict = miscounted
    command = _first_curl(verdict, "count-equals-results")
    assert '"count": 2' in _run_in_bash(command, DRS_TOKEN=target.tenant.token)


def test_a_curl_command_takes_the_token_from_the_variable_of_the_profile(
    miscounted: tuple[Target, Verdict],
) -> None:
    """The report says once what the variable has to hold, and names no other."""
    target, verdict = miscounted
    tenant = evolve(target.tenant, token_env="MY_TOKEN")
    own = evolve(verdict, target=evolve(target, tenant=tenant, expired_token="an-expired-token"))
    command = _first_curl(own, "count-equals-results")
    assert '"count": 2' in _run_in_bash(command, MY_TOKEN=target.tenant.token)
    report = describe(own)
    assert "MY_TOKEN" in report.variables
    assert "DRS_EXPIRED_TOKEN" not in report.variables
    assert _printed(report).count(report.preparation) == 1
    assert report.preparation not in _printed(report, quiet=True)
    assert "DRS_TOKEN" not in _printed(report, verbose=True)


def test_every_file_has_the_same_results(
    miscounted: tuple[Target, Verdict], tmp_path: Path
) -> None:
    """JUnit and the page have each rule once, with the result that the report has."""
    report = describe(miscounted[1])
    _everything(report, tmp_path)
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    cases = list(suite.iter("testcase"))
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert failed == {line.rule.id for line in report.with_status("failed")}
    assert {case.get("name") for case in cases} == {line.rule.id for line in report.rules}
    rows = re.findall(r"<tr id='rule-([a-z-]+)'><td class='[^']*'>([^<]+)<", html.page(report))
    assert dict(rows) == {line.rule.id: line.result for line in report.rules}


def test_every_report_says_what_was_exercised(
    miscounted: tuple[Target, Verdict], tmp_path: Path
) -> None:
    """A row for each part of the contract; the terminal names what was not exercised."""
    report = describe(miscounted[1])
    _everything(report, tmp_path)
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    values = [entry.get("value") for entry in suite.iter("property")]
    assert values == [str(row.times) for row in report.coverage]
    page = html.page(report)
    printed = " ".join(_printed(report, verbose=True).split())
    lacking = printed.partition("not exercised, ")[2].partition("FAILED")[0]
    for row in report.coverage:
        cell = f"<code>{escape(row.name)}</code><td><code>{escape(row.value)}</code>"
        assert re.search(re.escape(cell) + rf"<td[^>]*>{row.times:,}</tr>", page)
        if row.documented and not row.times:
            assert row.name in lacking
    assert any(row.times for row in report.coverage)


def test_the_page_needs_nothing_else(miscounted: tuple[Target, Verdict]) -> None:
    """No script, nothing from elsewhere, and every link leads to a place on the page."""
    page = html.page(describe(miscounted[1], command="drs-sync-policy fuzz --seed 0"))
    seen = Reader(page)
    assert seen.fetched == []
    assert seen.policy["default-src"] == ["'none'"]
    assert seen.links
    assert [link for link in seen.links if f"id='{link.removeprefix('#')}'" not in page] == []
    assert "`" not in re.sub(r"<style>.*?</style>|<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert "drs-sync-policy fuzz --seed 0" in page


def test_a_finding_leads_to_its_rule_in_published_docs(miscounted: tuple[Target, Verdict]) -> None:
    """Where the package knows the address of the docs."""
    report = evolve(describe(miscounted[1]), docs="https://docs.example.org/drs/")
    place = f"https://docs.example.org/drs/rules.html#{report.findings[0].rule.id}"
    assert place in Reader(html.page(report)).links


def test_the_page_of_one_fault_is_small(miscounted: tuple[Target, Verdict]) -> None:
    """Each finding is folded."""
    report = describe(miscounted[1])
    page = html.page(report)
    assert len(page) < 150_000
    assert page.count("<details class='finding") == len(report.findings)
    assert "<details open" not in page


def test_annotations_are_workflow_commands(miscounted: tuple[Target, Verdict]) -> None:
    """One for each finding, each one line, its special characters escaped."""
    report = describe(miscounted[1])
    odd = evolve(report.findings[0], cause="100 %\nof: it")
    lines = list(github.workflow_commands(evolve(report, findings=(odd, *report.findings[1:]))))
    assert lines[0] == f"::error title={odd.rule.id}::100 %25%0Aof: it"
    assert len(lines) == len(report.findings)


def test_other_origins_are_left_out(miscounted: tuple[Target, Verdict]) -> None:
    """What this contract decided can be left out of a report."""
    report = describe(miscounted[1], origins=["page"])
    assert {line.rule.origin for line in report.rules} == {"page"}
    assert {entry.rule.origin for entry in report.findings} == {"page"}


def test_a_waiver_applies_until_it_expires(miscounted: tuple[Target, Verdict]) -> None:
    """In force it keeps its finding from failing the run; expired or not needed it is reported."""
    from drs_sync_policy.fuzz.waivers import apply

    _, verdict = miscounted
    day = datetime.date(2027, 1, 31)
    failed = {violation.rule for violation in verdict.ledger.violations()}
    known = [Waiver(rule, "known", day) for rule in failed]
    waivers = [*known, Waiver("media-type-is-json", "failed once", day)]
    now = apply(waivers, verdict.ledger, today=day)
    assert {entry.rule for entry in now.biting} == failed
    assert [entry.rule for entry in now.idle] == ["media-type-is-json"]
    later = apply(waivers, verdict.ledger, today=day + datetime.timedelta(1))
    assert len(later.expired) == len(waivers)
    report = describe(evolve(verdict, waived=now))
    assert {line.rule.id for line in report.with_status("waived")} == failed
    assert report.findings
    assert report.failing == ()
    assert len([note for note in report.notes if "waive" in note]) == len(waivers)
    assert len(describe(evolve(verdict, waived=later)).failing) == len(report.findings)
    partly = describe(evolve(verdict, waived=apply(known[1:], verdict.ledger, today=day)))
    assert partly.failing


def test_a_finding_is_shown_when_it_is_first_seen() -> None:
    """While the run goes on, each once, and on a terminal with phase and speed."""
    file = io.StringIO()
    console = Console(width=100, file=file, force_terminal=True, color_system=None)
    with servers.serving(handler=MiscountingForAll) as server:
        target = servers.target(server)
        live = Live(console, target)
        verdict = run(target, budget=0, enough=_after(200), progress=live.progress)
    shown = re.findall(r"FAILED  (\S+)", file.getvalue())
    assert "count-equals-results" in shown
    assert len(shown) == len(set(shown))
    assert set(shown) <= {violation.rule for violation in verdict.ledger.violations()}
    pattern = r"done: [\d,]+ checked requests, [\d,.]+( a second)?, \d findings?"
    assert re.fullmatch(pattern, str(live.line))


class Escaping(Handler):
    """Sends control characters in texts and headers."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        value = {**value, "error_msg": "\x1b[2J\u202e"} if status != 200 else {"count": "\x1b[2J"}
        super().response(status, value, X_Request_Id="a\x1b[2Jb", **headers)


def test_control_characters_of_responses_are_escaped(tmp_path: Path) -> None:
    """Nobody's terminal obeys a server that is being checked."""
    with servers.serving(handler=Escaping) as server:
        verdict = run(servers.target(server), budget=0, enough=_after(100))
    text = _everything(describe(verdict), tmp_path)
    assert "\\x1b[2J" in text or "\\u001b[2J" in text
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text) == []


def _with_jobs(server: servers.Server, job_ids: list[str]) -> Report:
    target = servers.target(server, job_ids=job_ids)
    return describe(run(target, budget=0, enough=_after(100)))


def test_a_job_that_never_succeeds_may_be_an_error_in_the_profile(tmp_path: Path) -> None:
    """The finding says so, and whether other jobs succeeded; every report shows it."""
    with servers.serving(Habits(readback=False, second_tenant=False)) as server:
        one = _with_jobs(server, ["job-a", "jbo-b"])
        none = _with_jobs(server, ["jbo-a", "jbo-b"])
    (hint,) = [entry.hint for entry in one.findings if entry.hint]
    assert "`jbo-b`" in hint
    assert "job-a" not in hint
    (hint,) = [entry.hint for entry in none.findings if entry.hint]
    assert "`jbo-a`, `jbo-b`" in hint
    assert _everything(none, tmp_path).count("check first whether") >= 3


def test_a_server_that_is_at_fault_gets_no_such_hint(miscounted: tuple[Target, Verdict]) -> None:
    """Its jobs succeed at times."""
    assert not [entry for entry in describe(miscounted[1]).findings if entry.hint]


@pytest.mark.usefixtures("given_up_soon")
def test_why_nothing_was_checked_is_reported_once() -> None:
    """No server, or a wrong token, is one reason for all rules: a list of them says no more."""
    with servers.serving() as server:
        target = servers.target(server, token="nobodys-token")
        rejected = run(target, budget=0)
    for verdict in (rejected, run(target, budget=0)):
        report = describe(verdict)
        printed = _printed(report, verbose=True)
        assert verdict.ending in printed
        assert printed.count(report.reason) == 1
        for text in (printed, html.page(report)):
            assert "count-equals-results" not in text


class Dying(Handler):
    """Stops in the middle of the run."""

    def throttle(self) -> None:
        self.server.requests += 1
        self.close_connection = self.server.requests >= 300
        if self.server.requests == 300:
            self.server.stop()


@pytest.mark.usefixtures("given_up_soon")
def test_why_a_run_ended_early_is_reported_with_what_it_left_out(tmp_path: Path) -> None:
    """What was checked until then has its result; the other rules share one reason."""
    with servers.serving(handler=Dying) as server:
        verdict = run(servers.target(server), budget=0)
    report = describe(verdict)
    assert verdict.ending == "unreachable"
    assert not report.with_status("failed")
    assert report.with_status("passed")
    unchecked = {line.rule.id for line in report.with_status("not checked")}
    (reason,) = [text for text, names in report.not_checked.items() if unchecked & set(names)]
    assert set(report.not_checked[reason]) >= unchecked
    printed = _printed(report, verbose=True)
    assert printed.count(reason[:40]) == 1
    assert unchecked <= set(printed.replace(",", "").split())


class NoNumber(Handler):
    """Its read-back is not I-JSON after some requests."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        self.server.requests += 1
        odd = isinstance(value, dict) and "policy" in value and self.server.requests > 40
        super().response(status, {**value, "at": math.inf} if odd else value, **headers)


def test_a_rule_that_passed_in_part_says_why() -> None:
    """What is stored cannot be read: the report has the reason, and the rules that it concerns."""
    with servers.serving(handler=NoNumber) as server:
        rules = {"accepted-policy-is-stored", "repeating-is-harmless"}
        verdict = run(servers.target(server), budget=0, rules=rules)
    report = describe(verdict)
    concerned = [line for line in report.rules if "the number Infinity" in line.reason]
    assert concerned
    assert [reason for reason in report.not_checked if "the number Infinity" in reason]
    assert [note for note in report.notes if "`job-a`" in note]
    statuses = {entry["id"]: entry["status"] for entry in as_json(verdict)["rules"]}
    in_part = [statuses[line.rule.id] for line in report.rules if line.in_part]
    assert set(in_part) == {"passed in part"}
