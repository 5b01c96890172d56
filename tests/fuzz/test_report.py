"""The report: enough to fix the server by, and no secret in it."""

from __future__ import annotations

import datetime
import io
import json
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve
from rich.console import Console

from drs_sync_policy.fuzz import stock
from drs_sync_policy.fuzz.active import Verdict, run
from drs_sync_policy.fuzz.report import curl, files, html, terminal
from drs_sync_policy.fuzz.report.model import Telling, tell
from drs_sync_policy.fuzz.report.secrets import Redactor
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.target.profile import Target, Waiver
from tests.fuzz import servers
from tests.fuzz.servers import Habits, Handler


class Miscounting(Handler):
    """Counts one too many, and takes any token that is long enough."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        response = super().policy(path, body)
        return {**response, "count": response["count"] + 1}

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "")
        if len(token) > 5 and "X-Auth-Token" in self.headers:
            self.headers.replace_header("X-Auth-Token", next(iter(servers.TOKENS)))
        return super().authenticate(wanted)


@pytest.fixture(scope="module")
def broken() -> Iterator[tuple[Target, Verdict]]:
    """A server with two faults, and the verdict on it."""
    with servers.serving(handler=Miscounting) as server:
        target = servers.target(server)
        yield target, run(target, budget=0)


def _everything(telling: Telling, folder: Path) -> str:
    files.write_ndjson(telling, folder / "report.ndjson")
    files.write_junit(telling, folder / "junit.xml")
    html.write(telling, folder / "report.html")
    console = Console(file=(folder / "terminal.txt").open("w"), width=100)
    terminal.show(telling, console)
    console.file.close()
    return "\n".join(path.read_text("utf-8") for path in folder.iterdir() if path.is_file())


def test_no_report_holds_a_token(broken: tuple[Target, Verdict], tmp_path: Path) -> None:
    """Neither a token nor the better part of one is in any report."""
    target, verdict = broken
    text = _everything(tell(verdict, folder=tmp_path), tmp_path).lower()
    for secret, _ in target.secrets:
        pieces = {secret[n : n + 10].lower() for n in range(len(secret) - 9)}
        assert not [piece for piece in pieces if piece in text]


def test_a_failure_is_told_with_promise_request_and_response(
    broken: tuple[Target, Verdict], tmp_path: Path
) -> None:
    """The statement, the curl line, what was expected and what came back are all there."""
    _, verdict = broken
    _everything(tell(verdict), tmp_path)
    text = (tmp_path / "terminal.txt").read_text("utf-8")
    for part in (
        "FAILED  count-equals-results",
        "`count` is",
        "${DRS_TOKEN}",
        "HTTP 200",
        "--seed",
    ):
        assert part in text


def test_the_curl_line_brings_the_violation_about_again(broken: tuple[Target, Verdict]) -> None:
    """Pasted into a shell with the token in its variable, it gets the same response."""
    target, verdict = broken
    line = next(li for li in tell(verdict).lines if li.rule.id == "count-equals-results")
    done = subprocess.run(
        ["bash", "-c", line.failures[0].steps[-1].curl + " --silent"],
        env={"DRS_TOKEN": target.tenant.token, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"count": 2' in done.stdout


def test_a_curl_line_takes_the_token_from_the_profiles_own_variable(
    broken: tuple[Target, Verdict],
) -> None:
    """The variable is named as in the profile; the report says once what it has to hold."""
    target, verdict = broken
    tenant = evolve(target.tenant, token_env="MY_TOKEN")
    own = evolve(verdict, target=evolve(target, tenant=tenant, expired_token="an-expired-token"))
    line = next(li for li in tell(own).lines if li.rule.id == "count-equals-results")
    done = subprocess.run(
        ["bash", "-c", line.failures[0].steps[-1].curl + " --silent"],
        env={"MY_TOKEN": target.tenant.token, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"count": 2' in done.stdout
    shown = _shown(own)
    (place,) = [n for n, text in enumerate(shown) if "`MY_TOKEN` to the token" in text]
    assert place < min(n for n, text in enumerate(shown) if "curl --include" in text)
    assert "EXPIRED" not in shown[place]
    assert "DRS_TOKEN" not in "\n".join(shown)


def test_the_files_say_the_same(broken: tuple[Target, Verdict], tmp_path: Path) -> None:
    """JUnit and NDJSON have each promise once, with the outcome that the telling has."""
    _, verdict = broken
    telling = tell(verdict)
    _everything(telling, tmp_path)
    text = (tmp_path / "report.ndjson").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    outcomes = {entry["rule"]["id"]: entry["outcome"] for entry in lines[1:]}
    assert outcomes == {line.rule.id: line.outcome for line in telling.lines}
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    assert failed == {rule for rule, outcome in outcomes.items() if outcome == "failed"}


def test_the_page_needs_nothing_else(broken: tuple[Target, Verdict], tmp_path: Path) -> None:
    """No script, no style, no picture from elsewhere, and every promise is in its table."""
    _, verdict = broken
    telling = tell(verdict)
    _everything(telling, tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<script" not in page
    assert "src=" not in page
    assert "<link" not in page
    assert "default-src 'none'" in page
    assert all(line.rule.id in page for line in telling.lines)


def test_other_origins_are_left_out(broken: tuple[Target, Verdict]) -> None:
    """What this contract decided can be left out of a report."""
    _, verdict = broken
    telling = tell(verdict, origins=["page"])
    assert {line.rule.origin for line in telling.lines} == {"page"}


def test_a_waiver_bites_until_it_expires(broken: tuple[Target, Verdict]) -> None:
    """In force it keeps its violation from failing the run; expired or idle it is told."""
    from drs_sync_policy.fuzz.waivers import apply

    _, verdict = broken
    day = datetime.date(2027, 1, 31)
    waivers = [
        Waiver("count-equals-results", "known", day),
        Waiver("media-type-is-json", "was broken", day),
    ]
    now = apply(waivers, verdict.ledger, today=day)
    assert [entry.rule for entry in now.biting] == ["count-equals-results"]
    assert [entry.rule for entry in now.idle] == ["media-type-is-json"]
    later = apply(waivers, verdict.ledger, today=day + datetime.timedelta(1))
    assert not later.covers("count-equals-results")
    assert len(later.expired) == 2
    telling = tell(evolve(verdict, waived=now))
    assert any("not needed any more" in note for note in telling.notes)
    assert "count-equals-results" in {line.rule.id for line in telling.with_outcome("waived")}


class Paging(Handler):
    """Responses every error with a page of HTML, and leaves two fields out of each result."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        body = b"<h1>Sorry</h1>" if status != 200 else b'{"more": 1}'
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if status != 200 else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_an_error_page_is_told_once() -> None:
    """That it is not JSON follows from its media type: several errors of a response are one."""
    with servers.serving(Habits(readback=False), handler=Paging) as server:
        prober = servers.prober(server)
        prober.send(prober.request(b"{"), case="no JSON")
        assert {violation.rule for violation in prober.ledger.violations()} == {
            "media-type-is-json"
        }
        prober.send(prober.request({"jobs": [{"job_id": "job-a"}]}), case="an own job")
        prober.wire.close()
    (schema,) = prober.ledger.violations("answer-matches-schema")
    assert schema.times == 1
    assert "count" in schema.received
    assert "results" in schema.received


class Renaming(Handler):
    """Requests the fields of every error otherwise."""

    def said(self, key: str, **details: str) -> dict[str, Any]:
        said = super().said(key, **details)
        return {"code": said["error_code"], "message": said["error_msg"]}


def test_what_our_own_checks_tell_is_not_told_again_by_schemathesis() -> None:
    """A response that ours find out of form is no finding of schemathesis's own checks, too."""
    with servers.serving(handler=Renaming) as server:
        prober = servers.prober(server)
        stock.run(prober, seconds=6)
        prober.wire.close()
    cases = [violation.case for violation in prober.ledger.violations("answer-matches-schema")]
    assert cases
    assert not [case for case in cases if "its check" in case]


def test_a_request_without_a_body_is_repeated_by_its_method(broken: tuple[Target, Verdict]) -> None:
    """Without data, curl takes a request for a GET."""
    target, _ = broken
    request = Request(method="POST", path="/v3/p", headers=())
    line = curl.command(request, target, redact=Redactor(target), store=lambda _: None)
    assert "--request POST" in line


class AnyLanguage(Handler):
    """Takes any `X-Language`."""

    def check_headers(self) -> None:
        if self.language not in ("en-us", "zh-cn"):
            self.language = "en-us"
        super().check_headers()


def test_an_own_case_is_shown_before_a_generated_one() -> None:
    """Whichever came first and is smaller; a generated one has no headers of its client."""
    with servers.serving(handler=AnyLanguage) as server:
        prober = servers.prober(server)
        stock.run(prober, seconds=6)
        assert prober.ledger.times_checked("status-is-documented") > 20
        rule = "unknown-language-is-refused"
        generated, *_ = prober.ledger.violations(rule)
        assert "schemathesis" in generated.case
        assert generated.case != "generated by schemathesis"
        names = {name.lower() for name, _ in generated.exchanges[0].request.headers}
        assert names <= {"x-auth-token", "content-type", "x-language", "accept"}
        request = prober.request({"jobs": [{"job_id": "job-a"}] * 9}, language="de")
        prober.send(request, case="the language de")
        prober.wire.close()
        shown = min(prober.ledger.violations(rule), key=lambda violation: violation.size)
    assert shown.case == "the language de"


def _shown(verdict: Verdict) -> list[str]:
    console = Console(width=100, record=True, file=io.StringIO())
    terminal.show(tell(verdict), console)
    return console.export_text().splitlines()


def test_the_terminal_says_first_whom_it_checked(broken: tuple[Target, Verdict]) -> None:
    """A typo in the command may have checked another server."""
    target, verdict = broken
    assert _shown(verdict)[0] == f"Verdict on {target.url}"


@pytest.mark.parametrize("gone", [True, False])
def test_why_nothing_was_checked_is_told_once(gone: bool, tmp_path: Path) -> None:
    """No server, or a wrong token, is one reason for all promises: no list of them says more."""
    with servers.serving() as server:
        target = servers.target(server, token="nobodys-token")
        verdict = run(target, budget=0) if not gone else None
    verdict = verdict or run(target, budget=0)
    telling = tell(verdict)
    lines = _shown(verdict)
    assert lines[1].startswith(f"No full verdict, {verdict.ending}: ")
    assert len([line for line in lines if telling.reason in line]) == 1
    assert not [line for line in lines if "count-equals-results" in line]
    assert len(telling.with_outcome("not checked")) > 40
    html.write(telling, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "count-equals-results" not in page
    assert verdict.ending in page


class Dying(Handler):
    """Goes away in the middle of the run."""

    def throttle(self) -> None:
        self.server.requests += 1
        self.close_connection = self.server.requests >= 300
        if self.server.requests == 300:
            self.server.stop()


def test_why_a_run_broke_off_is_told_with_what_it_left_out() -> None:
    """What was checked until then has its outcome, what was not is listed below one reason."""
    with servers.serving(handler=Dying) as server:
        verdict = run(servers.target(server), budget=0)
        lines = _shown(verdict)
    assert lines[1].startswith("No full verdict, unreachable: ")
    text = "\n".join(lines).partition("NOT CHECKED")[2].partition("PASSED IN PART")[0]
    assert text.count("the server stopped responding before its turn") == 1
    named = set(text.replace(",", "").split())
    left_out = {line.rule.id for line in tell(verdict).with_outcome("not checked")}
    assert left_out
    assert named >= left_out


def test_a_terminal_gets_lines_of_its_width(broken: tuple[Target, Verdict]) -> None:
    """Nothing but what is to be copied, and no word, is wider than the terminal."""
    _, verdict = broken
    file = io.StringIO()
    console = Console(width=50, file=file, force_terminal=True, color_system=None)
    terminal.show(tell(verdict), console)
    prose = [
        line
        for line in file.getvalue().splitlines()
        if not line.startswith("    ") and " " in line.strip()
    ]
    assert any(line.startswith("  origin: ") for line in prose)
    assert max(map(len, prose)) <= 50


def _with_jobs(server: servers.Server, job_ids: list[str]) -> Verdict:
    return run(servers.target(server, job_ids=job_ids), budget=0, schemathesis=False)


def test_a_job_that_never_succeeds_may_be_a_mistake_of_the_profile(tmp_path: Path) -> None:
    """The report names it beside the finding, and whether other jobs fared better."""
    with servers.serving(Habits(readback=False, second_tenant=False)) as server:
        one = _with_jobs(server, ["job-a", "jbo-b"])
        none = _with_jobs(server, ["jbo-a", "jbo-b"])
    (text,) = [line for line in _shown(one) if "hint:" in line]
    assert "`jbo-b` failed in every request" in text
    assert "job-a" not in text
    assert "`job_ids` in the profile" in text
    (text,) = [line for line in _shown(none) if "hint:" in line]
    assert "every job of the profile failed" in text
    told = _everything(tell(none), tmp_path)
    assert told.count("see first whether") >= 4


def test_a_job_that_succeeds_at_times_is_no_mistake_of_the_profile(
    broken: tuple[Target, Verdict],
) -> None:
    """A server that is at fault gets no such hint."""
    _, verdict = broken
    assert not [line for line in tell(verdict).lines if line.hint]


class NoNumber(Handler):
    """Its read-back is no I-JSON."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        odd = isinstance(value, dict) and "policy" in value
        super().response(status, {**value, "at": math.inf} if odd else value, **headers)


def test_a_promise_that_is_kept_in_part_is_told_as_such() -> None:
    """What is stored cannot be read: the terminal says why, and which promises that touches."""
    with servers.serving(handler=NoNumber) as server:
        text = "\n".join(_shown(run(servers.target(server), budget=0)))
    in_part = text.partition("PASSED IN PART")[2]
    assert "is no I-JSON: the number Infinity" in in_part
    assert "lacks `" not in text


def test_a_curl_line_sends_the_bytes_that_were_sent(broken: tuple[Target, Verdict]) -> None:
    """What no terminal shows is an escape, and the shell makes the very byte of it."""
    target, _ = broken
    token = target.tenant.token
    headers = (("X-Auth-Token", f"{token}\xa0"), ("X-Odd", "a\x7f'b\xe9"))
    request = Request(method="POST", path="/v3/p\xe9", headers=headers, body=b"{}")
    line = curl.command(request, target, redact=Redactor(target), store=lambda _: None)
    assert line.isascii()
    assert token not in line
    done = subprocess.run(
        ["bash", "-c", f"""curl() {{ printf '%s\\0' "$@"; }}; {line}"""],
        env={"DRS_TOKEN": token, "PATH": "/usr/bin:/bin"}, capture_output=True, check=True,
    )  # fmt: skip
    words = done.stdout.split(b"\0")
    assert f"X-Auth-Token: {token}".encode() + b"\xa0" in words
    assert b"X-Odd: a\x7f'b\xe9" in words
    assert f"{target.url}/v3/p".encode() + b"\xe9" in words


def test_what_is_tolerated_is_told_apart_from_what_is_promised() -> None:
    """A reader who compares the promise with what was expected finds no contradiction."""
    with servers.serving(Habits(malformed_body=415)) as server:
        prober = servers.prober(server)
        prober.send(prober.request(b"{"), case="no JSON")
        prober.send(prober.request({"jobs": [{}]}), case="no job id")
        prober.wire.close()
    (violation,) = prober.ledger.violations("body-must-be-i-json")
    assert violation.expected == "400 (also tolerated: 422)"
