"""`drs-sync-policy check`: recorded traffic of the sandbox, with and without a fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from drs_sync_policy import contract, sandbox
from drs_sync_policy.cli import exits, main
from drs_sync_policy.fuzz.evidence import files as evidence
from drs_sync_policy.fuzz.evidence.decode import Decoder, EvidenceError
from drs_sync_policy.fuzz.ledger import Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.traffic.checker import TrafficChecker
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.sandbox.seed import FIRST, TENANTS

FILES = {"exchanges.jsonl", "junit.xml", "report.html", "verdict.json"}
PROJECT, JOB = FIRST.project_id, FIRST.job_ids[0]
JOBS = f"/_sandbox/projects/{PROJECT}/jobs"
NOWHERE = "http://127.0.0.1:9"
TARGET = profile.parse(sandbox.target_profile(NOWHERE))
Talk = Callable[[httpx.Client], None]


class Recorder:
    """Records what an httpx client sends and receives as HAR."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def client(self, url: str) -> httpx.Client:
        """A client of this server that is recorded."""
        hooks: dict[str, list[Callable[..., Any]]] = {"response": [self]}
        return httpx.Client(base_url=url, event_hooks=hooks)

    def written(self, path: Path) -> str:
        """The path of the recording, once it is written there."""
        har = {"log": {"version": "1.2", "entries": self.entries}}
        path.write_text(json.dumps(har), "utf-8")
        return str(path)

    def __call__(self, response: httpx.Response) -> None:
        response.read()
        request = response.request
        posted = request.content.decode()
        self.entries.append(
            {
                "startedDateTime": f"2026-11-30T05:00:{len(self.entries):02}.000+00:00",
                "time": 5,
                "request": {
                    "method": request.method,
                    "url": str(request.url),
                    "headers": _pairs(request.headers),
                    "postData": {"text": posted} if posted else None,
                },
                "response": {
                    "status": response.status_code,
                    "headers": _pairs(response.headers),
                    "content": {"size": len(response.content), "text": response.text},
                },
            }
        )


def _pairs(headers: httpx.Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.multi_items()]


def _target(folder: Path, url: str = NOWHERE) -> tuple[str, str]:
    """The option that names the profile of a server, once it is written in `folder`."""
    (folder / "target.toml").write_text(sandbox.to_toml(sandbox.target_profile(url)), "utf-8")
    return "--target", str(folder / "target.toml")


def _set(client: httpx.Client, job: str, token: str = FIRST.token, **fields: Any) -> httpx.Response:
    return client.post(
        f"/v3/{PROJECT}/jobs/batch-sync-policy",
        json={"jobs": [{"job_id": job, **fields}]},
        headers={"X-Auth-Token": token},
    )


def _set_and_read(client: httpx.Client) -> None:
    client.get(f"{JOBS}/{JOB}")
    _set(client, JOB, conflict_policy="ignore", ddl_trans=True)
    client.get(f"{JOBS}/{JOB}")
    _set(client, JOB, conflict_policy="stop")
    client.get(f"{JOBS}/{JOB}")


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Result]:
    """Records what `talk` does with a sandbox, and checks the recording."""

    def checked(talk: Talk, *options: str, faults: tuple[str, ...] = ()) -> Result:
        recorder = Recorder()
        with sandbox.running(faults=faults) as server, recorder.client(server.url) as client:
            talk(client)
        recording = recorder.written(tmp_path / "traffic.har")
        target = _target(tmp_path, server.url)
        return CliRunner().invoke(main, ["check", recording, *target, *options])

    return checked


def test_traffic_of_a_correct_server_has_no_finding(check: Callable[..., Result]) -> None:
    """State rules are checked where a policy is read before and after."""
    done = check(_set_and_read, "--verbose")
    assert done.exit_code == exits.DONE, done.output
    assert "FAILED" not in done.output
    assert " passed for what was recorded" in done.output
    assert "passed in part" not in done.output


@pytest.mark.parametrize(
    ("fault", "rule"),
    [("answers-202", "status-is-documented"), ("replaces-policy", "omitted-field-keeps-its-value")],
)
def test_a_violation_in_traffic_is_a_finding(
    fault: str, rule: str, check: Callable[..., Result]
) -> None:
    """Of one response, and of what is stored."""
    done = check(_set_and_read, faults=(fault,))
    assert done.exit_code == exits.BROKEN, done.output
    assert rule in done.output


def test_a_known_finding_does_not_fail_a_check(
    check: Callable[..., Result], tmp_path: Path
) -> None:
    """With the baseline of a check, as with that of a run of the fuzzer; another one fails."""
    known = ("--baseline", str(tmp_path / "known.toml"))
    first = check(_set_and_read, *known, "--write-baseline", faults=("answers-202",))
    assert first.exit_code == exits.DONE, first.output
    assert check(_set_and_read, *known, faults=("answers-202",)).exit_code == exits.DONE
    other = check(_set_and_read, *known, faults=("replaces-policy",))
    assert other.exit_code == exits.BROKEN, other.output


def _login(client: httpx.Client) -> str:
    """A token that the profile does not have."""
    user = {"name": FIRST.user, "password": FIRST.password, "domain": {"name": FIRST.domain}}
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"name": FIRST.project}}
    login = client.post("/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
    return login.headers["X-Subject-Token"]


def _with_unknown_job_and_token(client: httpx.Client) -> None:
    client.post(JOBS, json={"job_id": "made-later"})
    assert _set(client, "made-later").json()["results"][0]["status"] == "success"
    assert _set(client, JOB, _login(client)).status_code == 200


def test_what_a_recording_does_not_show_is_not_guessed(check: Callable[..., Result]) -> None:
    """An unknown token may be valid, a job that the profile does not name may exist."""
    done = check(_with_unknown_job_and_token)
    assert done.exit_code == exits.DONE, done.output
    assert "the profile does not have its token" in done.output
    assert "for another operation" in done.output


def test_a_change_by_an_unknown_token_is_not_a_violation(check: Callable[..., Result]) -> None:
    """Between two readings somebody else may have changed the policy."""

    def talk(client: httpx.Client) -> None:
        token = _login(client)
        _set(client, JOB, conflict_policy="ignore")
        client.get(f"{JOBS}/{JOB}")
        _set(client, JOB, ddl_trans=True)
        _set(client, JOB, token, conflict_policy="stop")
        client.get(f"{JOBS}/{JOB}")

    done = check(talk)
    assert done.exit_code == exits.DONE, done.output


def test_a_recording_without_the_operation_ends_with_6(check: Callable[..., Result]) -> None:
    """There was nothing to check."""

    def talk(client: httpx.Client) -> None:
        client.get("/healthz")

    done = check(talk)
    assert done.exit_code == exits.NOT_CHECKED
    assert "the recording has no exchange of the operation" in done.output


def test_bodies_can_be_kept_out_of_the_report(check: Callable[..., Result], tmp_path: Path) -> None:
    """No field of a request, and no message of a response."""
    report = tmp_path / "report"

    def talk(client: httpx.Client) -> None:
        _set_and_read(client)
        _set(client, JOB, slot_name="a-slot-of-ours")
        _set(client, JOB, slot_name=["another-slot"])

    faults = ("answers-202", "refuses-with-409")
    done = check(talk, "--redact-bodies", "--report", str(report), faults=faults)
    assert done.exit_code == exits.BROKEN
    assert "redacted" in (report / "report.html").read_text("utf-8")
    assert "conflict_policy" not in done.output
    assert {path.name for path in report.iterdir()} == FILES
    for path in report.iterdir():
        assert "-slot" not in path.read_text("utf-8"), path
    redacted = evidence.read(report)["findings"]
    check(talk, "--report", str(report), faults=faults)
    assert [f["id"] for f in redacted] == [f["id"] for f in evidence.read(report)["findings"]]


def test_a_report_of_traffic_is_like_one_of_the_fuzzer(tmp_path: Path) -> None:
    """Its findings can be sent again if the profile has the token; a foreign token is not shown."""
    strange = f"{FIRST.token[:-4]}of-somebody-else"
    recorder, report = Recorder(), str(tmp_path / "report")
    with sandbox.running(faults=["count-off-by-one"]) as server:
        with recorder.client(server.url) as client:
            _set(client, JOB, conflict_policy="stop")
            _set(client, JOB, token=strange)
        recorder.entries[1]["response"]["status"] = 299  # of the second request alone
        cookie = {"name": "Cookie", "value": "of-somebody-else"}
        recorder.entries[0]["request"]["headers"].append(cookie)  # as of a browser
        run = CliRunner().invoke
        checking = ["check", recorder.written(tmp_path / "traffic.har")]
        checking += [*_target(tmp_path, server.url), "--report", report]
        done = run(main, checking)
        assert done.exit_code == exits.BROKEN, done.output
        again = run(main, ["replay", report])
        assert again.exit_code == exits.BROKEN, again.output
        assert "FAILS count-equals-results" in again.output
        assert "NOT SENT status-is-documented: the profile does not have" in again.output
        run(main, [*checking, "--redact-bodies"])
        again = run(main, ["replay", report, "count-equals-results"])
        assert again.exit_code == exits.BROKEN, again.output
        assert "without `--redact-bodies`" in again.output
    assert {path.name for path in Path(report).iterdir()} == FILES
    for path in Path(report).iterdir():
        assert "of-somebody-else" not in path.read_text("utf-8"), path
    lines = Path(report, "exchanges.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == len(evidence.read(Path(report))["exchanges"]) == 2


def test_the_exchanges_of_findings_are_not_a_history(
    check: Callable[..., Result], tmp_path: Path
) -> None:
    """They are not all that was sent, so what is stored is not checked again with them."""
    report = tmp_path / "report"
    done = check(_set_and_read, "--report", str(report), faults=("replaces-policy",))
    assert "omitted-field-keeps-its-value" in done.output
    arguments = ["check", str(report / "exchanges.jsonl"), "--target"]
    done = CliRunner().invoke(main, [*arguments, str(tmp_path / "target.toml")])
    assert done.exit_code == exits.DONE, done.output
    assert "requests of a job overlap" in done.output
    before = {path.name: path.read_bytes() for path in report.iterdir()}
    arguments = [*arguments, str(tmp_path / "target.toml"), "--report", str(report)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == exits.WRONG_USE, done.output
    assert "would overwrite" in done.output
    assert before == {path.name: path.read_bytes() for path in report.iterdir()}


def test_a_file_that_is_not_a_recording_is_a_usage_error(tmp_path: Path) -> None:
    """It says what is wrong."""
    (tmp_path / "x.har").write_text("hello", "utf-8")
    done = CliRunner().invoke(main, ["check", str(tmp_path / "x.har"), *_target(tmp_path)])
    assert done.exit_code == exits.WRONG_USE
    assert "the file is not JSON" in done.output


def test_what_the_fuzzer_recorded_is_checked_again(tmp_path: Path) -> None:
    """The exchanges of a run show the rule that it found, without the server."""
    with sandbox.running(faults=["count-off-by-one"]) as server:
        target, report = _target(tmp_path, server.url), str(tmp_path / "report")
        only = ["--budget", "0", "--rule", "count-equals-results", "--fail-fast"]
        run = CliRunner().invoke(main, ["fuzz", *target, *only, "--report", report])
    assert "count-equals-results" in run.output
    done = CliRunner().invoke(main, ["check", f"{report}/exchanges.jsonl", *target])
    assert done.exit_code == exits.BROKEN, done.output
    assert "count-equals-results" in done.output


def test_a_wrong_language_is_compared_with_nothing() -> None:
    """A request that is rejected for its language says nothing about another language."""
    checker = TrafficChecker(TARGET, controlled=True)
    body = json.dumps({"jobs": [{"job_id": JOB}]}).encode()
    ok = json.dumps({"count": 1, "results": [{"id": JOB, "status": "success"}]}).encode()
    error = b'{"error_code": "DRS.M00202", "error_msg": "x"}'
    found: list[Violation] = []
    for language, status, content in ((None, 200, ok), ("true", 400, error), ("en-us", 200, ok)):
        headers = (("X-Auth-Token", FIRST.token), ("Content-Type", "application/json"))
        path = f"/v3/{PROJECT}/jobs/batch-sync-policy"
        request = Request("POST", path, headers, body).with_header("X-Language", language)
        response = Response(status, (("Content-Type", "application/json"),), content, 0.0)
        found += checker.add(Recorded("", request, response, 1.0, 1.0))
    assert found == []
    assert checker.ledger.times_checked("language-changes-only-messages") == 1


@pytest.mark.parametrize(
    ("code", "found"), [("DRS.M05003", []), ("DRS.M00261", ["foreign-job-looks-unknown"])]
)
def test_foreign_jobs_are_compared_with_unknown_ones(code: str, found: list[str]) -> None:
    """In a recording of the fuzzer, where every job that the profile does not name is unknown."""
    checker = TrafficChecker(TARGET, controlled=True)
    foreign = TENANTS[1].job_ids[0]
    violated: list[str] = []
    for number in range(18):
        job = f"unknown-{number}" if number % 3 else foreign
        result = {
            "id": job,
            "status": "failed",
            "error_code": code if job == foreign else "DRS.M05003",
            "error_msg": f"Message {number % 2}",
        }
        headers = (("Content-Type", "application/json"),)
        request = Request(
            "POST",
            f"/v3/{PROJECT}/jobs/batch-sync-policy",
            (("X-Auth-Token", FIRST.token), *headers),
            json.dumps({"jobs": [{"job_id": job}]}).encode(),
        )
        body = json.dumps({"count": 1, "results": [result]}).encode()
        recorded = Recorded("", request, Response(200, headers, body, 0.0), number, number)
        violated += [violation.rule for violation in checker.add(recorded)]
    assert violated == found
    assert checker.ledger.times_checked("foreign-job-looks-unknown")


def test_a_file_outside_the_report_is_not_read(tmp_path: Path) -> None:
    """A report may come from somebody else."""
    oracle = Oracle(contract.load(), contract.load().operations[0], TARGET)
    (tmp_path / "secret").write_text("x", "utf-8")
    report = tmp_path / "report"
    report.mkdir()
    request = {"method": "GET", "path": "/", "headers": [], "secret": []}
    with pytest.raises(EvidenceError, match="outside its folder"):
        Decoder.of(oracle, report).request({**request, "body": {"file": "../secret"}})


def test_a_wrong_line_of_exchanges_is_named(tmp_path: Path) -> None:
    """A cut file says where."""
    cut = tmp_path / "exchanges.jsonl"
    cut.write_text('{"number": 1}\n', "utf-8")
    done = CliRunner().invoke(main, ["check", str(cut), *_target(tmp_path)])
    assert done.exit_code == exits.WRONG_USE
    assert "line 1 is not an exchange" in done.output


def test_what_reads_a_policy_is_checked_as_an_operation_too() -> None:
    """If the profile lists the operation that it reads with, its responses have rules."""
    document = sandbox.target_profile(NOWHERE)
    document["readback"] = {"kind": "batch-detail"}
    document["target"]["operations"] = ["batchListJobDetails"]
    checker = TrafficChecker(profile.parse(document))
    headers = (("X-Auth-Token", FIRST.token), ("Content-Type", "application/json"))
    body = json.dumps({"jobs": [JOB]}).encode()
    request = Request("POST", f"/v3/{PROJECT}/jobs/batch-detail", headers, body)
    crashed = Response(500, (("Content-Type", "application/json"),), b"{}", 0.0)
    empty = Response(200, crashed.headers, b'{"count": 0, "results": []}', 0.0)
    violated = [
        violation.rule
        for number, response in enumerate((crashed, empty))
        for violation in checker.add(Recorded("", request, response, number, number))
    ]
    assert "own-job-is-shown" in violated
    assert {"error-body-explains", "answer-matches-schema"} & {*violated}
