"""A report's findings are sent again: FIXED, FAILS or FLAKY."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import jsonschema_rs
import pytest
import tomlkit
from click.testing import CliRunner, Result

from drs_sync_policy.cli import main
from drs_sync_policy.fuzz import replay as replaying
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.evidence import files
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.sandbox.seed import TENANTS
from tests.fuzz import servers
from tests.fuzz.known import profile_of

FAULTS = {
    "a response": ("crashes-on-nul", "valid-request-never-crashes"),
    "what is stored": ("loses-slot-name", "accepted-policy-is-stored"),
    "responses compared": ("foreign-job-deleted", "foreign-job-looks-unknown"),
}


def _report(path: Path, folder: Path, rule: str) -> dict[str, Any]:
    """The document of a report on the server of the profile at `path`."""
    target = profile.load(path)
    folder.mkdir()
    verdict = run(
        target, budget=0, schemathesis=False, enough=lambda ledger: ledger.status(rule) == "failed"
    )
    files.write(verdict, folder, profile=path)
    return files.read(folder)


def _replay(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["replay", *arguments])


@pytest.mark.parametrize(("fault", "rule"), FAULTS.values(), ids=FAULTS)
def test_a_finding_fails_until_it_is_fixed(tmp_path: Path, fault: str, rule: str) -> None:
    """Exit code 1 while the fault is there, 0 on a server without it."""
    path, folder = tmp_path / "target.toml", tmp_path / "report"
    with profile_of(path, fault):
        document = _report(path, folder, rule)
        assert rule in [finding["rule"] for finding in document["findings"]]
        started = time.monotonic()
        failing = _replay(str(folder), rule)
        assert time.monotonic() - started < 60
    assert (failing.exit_code, failing.output.split()[0]) == (1, "FAILS"), failing.output
    with profile_of(path):
        fixed = _replay(str(folder), rule)
    assert (fixed.exit_code, fixed.output.split()[0]) == (0, "FIXED"), fixed.output


class Deduplicating(servers.Handler):
    """Takes an item that equals one of the last 8 for a retry, which it does not carry out."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        recent = RECENT.setdefault(self.server, deque(maxlen=8))
        known = item in recent
        recent.append(item)
        if known:
            return {"id": item["job_id"], "status": "success"}
        return super().apply(project, item, place)


RECENT: WeakKeyDictionary[servers.Server, deque[dict[str, Any]]] = WeakKeyDictionary()


class Cache(dict[str, dict[str, Any]]):
    """What is stored, read through a cache."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[str, dict[str, Any]] = {}

    def get(self, job: str, default: Any = None) -> Any:
        return self.shown.setdefault(job, dict(super().get(job, {})))


class Caching(servers.Handler):
    """Drops what it has cached of a job only for the first item of a request."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        done = super().apply(project, item, place)
        if place == 0 and isinstance(self.server.stored, Cache):
            self.server.stored.shown.pop(item["job_id"], None)
        return done


@contextmanager
def _serving(path: Path, handler: type[servers.Handler] | None = None) -> Generator[None]:
    """A server, and its profile at `path`."""
    with servers.serving(handler=handler) as server:
        server.stored = Cache() if handler is Caching else server.stored
        path.write_text(tomlkit.dumps(servers.described(server)), "utf-8")
        yield


def _find(path: Path, folder: Path, rule: str) -> None:
    """Let a run find that the rule fails, and write its report."""
    options = ["--target", str(path), "--report", str(folder), "--budget", "10", "--rule", rule]
    found = CliRunner().invoke(main, ["fuzz", *options, "--fail-fast"])
    assert found.exit_code == 1, found.output


@pytest.mark.parametrize(
    ("handler", "needs"),
    [(Deduplicating, "(after the "), (Caching, "(if the policy is read after each request)")],
    ids=["recent requests", "a cache"],
)
def test_what_needs_more_than_its_requests_is_not_called_fixed(
    tmp_path: Path, handler: type[servers.Handler], needs: str
) -> None:
    """On a server that was just started, the requests of the finding alone show nothing."""
    path, folder = tmp_path / "target.toml", tmp_path / "report"
    rule = "accepted-policy-is-stored"
    with _serving(path, handler):
        _find(path, folder, rule)
    with _serving(path, handler):
        failing = _replay(str(folder))
    assert failing.exit_code == 1
    assert f"FAILS {needs}" in failing.output
    with _serving(path):
        fixed = _replay(str(folder))
    assert (fixed.exit_code, fixed.output.split()[0]) == (0, "FIXED"), fixed.output


class BeginsLater(servers.Handler):
    """Counts wrongly from its 101st request on."""

    begins = 100

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        found = super().policy(path, body)
        return {**found, "count": found["count"] + (self.server.requests > self.begins)}


class BeginsMuchLater(BeginsLater):
    """Counts wrongly after more requests than a replay sends."""

    begins = 100_000


def test_what_begins_later_is_not_called_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run got a right response to the same request before, so a few more prove nothing."""
    path, folder = tmp_path / "target.toml", tmp_path / "report"
    with _serving(path, BeginsLater):
        _find(path, folder, "count-equals-results")
    with _serving(path, BeginsLater), monkeypatch.context() as patched:
        patched.setattr(replaying, "_AGAIN_SECONDS", 30.0)  # for a busy machine; it ends earlier
        failing = _replay(str(folder))
    assert (failing.exit_code, failing.output.split()[0]) == (1, "FAILS"), failing.output
    with _serving(path, BeginsMuchLater):
        unsure = _replay(str(folder))
    assert (unsure.exit_code, unsure.output.split()[0]) == (1, "FLAKY"), unsure.output
    assert "run `fuzz` again" in " ".join(unsure.output.split())


@pytest.mark.parametrize(
    ("label", "code", "result", "remark"),
    [
        ("not reproduced", 1, "FLAKY", "the run could not reproduce it either"),
        ("", 0, "FIXED", "the run saw this once and did not send it again"),
    ],
    ids=["sent again in vain", "not sent again"],
)
def test_fixed_is_said_only_with_what_the_run_knew(
    tmp_path: Path, label: str, code: int, result: str, remark: str
) -> None:
    """On a correct server: if the run did not see the violation twice, the line says so."""
    path, folder = tmp_path / "target.toml", tmp_path / "report"
    fault, rule = FAULTS["a response"]
    with profile_of(path, fault):
        document = _report(path, folder, rule)
    document["findings"][0] |= {"label": label, "tries": 3}
    (folder / files.VERDICT).write_text(json.dumps(document), "utf-8")
    with profile_of(path):
        done = _replay(str(folder))
    assert (done.exit_code, done.output.split()[0]) == (code, result), done.output
    assert remark in " ".join(done.output.split())


def test_the_files_hold_no_token(tmp_path: Path) -> None:
    """The file of the verdict follows its schema, and refers to secrets by name."""
    path, folder = tmp_path / "target.toml", tmp_path / "report"
    with profile_of(path, "any-token-allowed"):
        document = _report(path, folder, "wrong-credentials-are-refused")
    jsonschema_rs.validator_for(files.schema()).validate(document)
    text = (folder / files.VERDICT).read_text(encoding="utf-8")
    assert not [tenant for tenant in TENANTS if tenant.token in text]
    assert document["target"]["profile"] == "../target.toml"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(["no-such-rule"], "no finding `no-such-rule`"), (["--target", "none.toml"], "none.toml")],
)
def test_a_wrong_name_is_a_usage_error(tmp_path: Path, arguments: list[str], text: str) -> None:
    """It says which findings there are."""
    path, folder = tmp_path / "target.toml", tmp_path / "report"
    with profile_of(path, "errors-as-html"):
        _report(path, folder, "media-type-is-json")
    result = _replay(str(folder), *arguments)
    assert result.exit_code == 2
    assert text in result.output


def test_a_report_without_findings_says_so(tmp_path: Path) -> None:
    """There is nothing to send."""
    path, folder = tmp_path / "target.toml", tmp_path / "report"
    with profile_of(path):
        verdict = run(profile.load(path), budget=0, schemathesis=False, enough=lambda _: True)
        folder.mkdir()
        files.write(verdict, folder, profile=path)
    result = _replay(str(folder))
    assert (result.exit_code, "nothing to replay" in result.output) == (0, True), result.output
