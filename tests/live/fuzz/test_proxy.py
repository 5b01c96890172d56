"""`drs-sync-policy proxy`: live traffic to the sandbox, relayed and checked."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from attrs import define
from click.testing import CliRunner

from drs_sync_policy import SyncPolicyClient, SyncPolicyReq, TokenAuth, sandbox
from drs_sync_policy.cli import exits, main
from drs_sync_policy.sandbox.seed import FIRST
from tests.processes import PROGRAM


@define
class Proxied:
    url: str
    output: str = ""
    code: int = -1


Proxies = Callable[..., AbstractContextManager[Proxied]]


@pytest.fixture
def proxied(tmp_path: Path) -> Proxies:
    """Runs a sandbox and a proxy before it; after the block, the proxy has ended."""

    @contextmanager
    def run(*options: str, faults: tuple[str, ...] = ()) -> Generator[Proxied]:
        with sandbox.running(faults=list(faults)) as server:
            document = sandbox.target_profile(server.url, tenants=server.tenants)
            (tmp_path / "target.toml").write_text(sandbox.to_toml(document), "utf-8")
            command = [str(PROGRAM), "proxy", "--target", "target.toml", *options]
            with subprocess.Popen(
                command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as process:
                assert process.stdout is not None
                first = process.stdout.readline()
                found = re.search(r"http://127\.0\.0\.1:\d+", first)
                assert found, first + process.stdout.read()
                proxy = Proxied(found[0])
                try:
                    yield proxy
                finally:
                    process.send_signal(signal.SIGINT)
                    proxy.output, _ = process.communicate(timeout=60)
                    proxy.code = process.returncode

    return run


def _set(url: str) -> None:
    with SyncPolicyClient(
        base_url=url, project_id=FIRST.project_id, auth=TokenAuth(FIRST.token)
    ) as drs:
        drs.set_policies([SyncPolicyReq(job_id=FIRST.job_ids[0], conflict_policy="ignore")])


def test_traffic_is_relayed_checked_and_recorded(proxied: Proxies, tmp_path: Path) -> None:
    """A violation is a finding; the recording shows it again, and holds no secret."""
    options = ("--record", "traffic.har", "--report", "report")
    with proxied(*options, faults=("count-off-by-one",)) as proxy:
        headers = {"X-Auth-Token": FIRST.token}
        path = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
        body = {"jobs": [{"job_id": FIRST.job_ids[0], "conflict_policy": "stop"}]}
        response = httpx.post(proxy.url + path, json=body, headers=headers)
        assert response.status_code == 200
    assert proxy.code == exits.BROKEN, proxy.output
    assert "count-equals-results" in proxy.output
    (line,) = (tmp_path / "report" / "exchanges.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["response"]["status"] == 200
    assert FIRST.token not in line
    recording = (tmp_path / "traffic.har").read_text("utf-8")
    assert FIRST.token not in recording
    assert len(json.loads(recording)["log"]["entries"]) == 1
    arguments = ["check", str(tmp_path / "traffic.har"), "--target", str(tmp_path / "target.toml")]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == exits.BROKEN, done.output
    assert "count-equals-results" in done.output


def test_correct_traffic_has_no_finding(proxied: Proxies) -> None:
    """Of our own client, on a connection that it keeps; a full disk ends only the recording."""
    with proxied("--record", "/dev/full") as proxy:
        _set(proxy.url)
        _set(proxy.url)
    assert proxy.code == exits.DONE, proxy.output
    assert "2 requests" in proxy.output
    assert "Error: recording has stopped: No space left on device" in proxy.output


def test_without_an_exchange_nothing_was_checked(proxied: Proxies) -> None:
    """As for a file without one."""
    with proxied() as proxy:
        httpx.get(proxy.url + "/healthz")
    assert proxy.code == exits.NOT_CHECKED, proxy.output


def test_a_recording_is_kept_if_the_port_is_taken(tmp_path: Path) -> None:
    """Nothing is relayed, so nothing replaces it."""
    record, profile = tmp_path / "traffic.har", tmp_path / "target.toml"
    record.write_text("an earlier one", "utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        url, port = "http://127.0.0.1:9", str(taken.getsockname()[1])
        document = sandbox.target_profile(url, tenants=[FIRST])
        profile.write_text(sandbox.to_toml(document), "utf-8")
        arguments = ["proxy", "--target", str(profile), "--listen", port, "--record", str(record)]
        done = CliRunner().invoke(main, arguments)
    assert done.exit_code == exits.WRONG_USE, done.output
    assert "cannot listen on" in done.output
    assert record.read_text("utf-8") == "an earlier one"
