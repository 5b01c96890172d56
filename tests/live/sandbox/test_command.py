"""The verb `sandbox`, as a process."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner, Result

from drs_sync_policy.cli import main
from drs_sync_policy.cli.verbs import sandbox as verb
from drs_sync_policy.sandbox.seed import TENANTS
from tests.processes import completed

COMMAND = [sys.executable, "-c", "from drs_sync_policy.cli import main; main()", "sandbox"]


@contextmanager
def started(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The command, killed at the end if it is still there."""
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], last: str) -> str:
    """What the process prints, up to the line that starts with `last`."""
    text = ""
    assert process.stdout is not None
    for line in process.stdout:
        text += line
        if line.startswith(last):
            break
    return text


def test_what_is_printed_can_be_pasted() -> None:
    """The welcome names both tenants' secrets and jobs, and its curl line sets a policy."""
    with started("--port", "0") as process:
        text = read_until(process, "  curl http://127.0.0.1:")
        text += read_until(process, "  curl http://127.0.0.1:")
        assert "these faults" not in text
        for tenant in TENANTS:
            for shown in (tenant.project_id, tenant.token, *tenant.states):
                assert shown in text
        pasted = text[text.index("  curl ") : text.index("Read it back")]
        words = shlex.split(pasted.replace("\\\n", " "))
        response = completed([*words, "--silent"], check=True, timeout=20)
        assert '"status":"success"' in response.stdout
        read = completed([*shlex.split(text.splitlines()[-1]), "--silent"], check=True, timeout=20)
        assert '"conflict_policy":"ignore"' in read.stdout


def test_the_welcome_names_the_active_faults() -> None:
    """Who started a faulty sandbox sees it."""
    with started("--port", "0", "--fault", "count-off-by-one") as process:
        assert "these faults: count-off-by-one\n" in read_until(process, "Set a policy:")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_on_signals(number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it with 0 and without a traceback."""
    with started("--port", "0", "--print-target") as process:
        profile = tomllib.loads(read_until(process, "policy_pointer"))
        assert httpx.get(f"{profile['target']['url']}/healthz").status_code == 200
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def invoked(*options: str) -> Result:
    """What the verb does in this process; for options that do not let it serve."""
    return CliRunner().invoke(main, ["sandbox", *options])


def test_a_taken_port_is_a_usage_error() -> None:
    """It names the address, and the port that is always free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = invoked("--port", port)
    assert done.exit_code == 2
    assert f"127.0.0.1:{port}" in done.stderr
    assert "--port 0" in done.stderr
    assert "PORT=" in done.stderr


def test_a_database_that_cannot_be_used_is_a_usage_error(tmp_path: Path) -> None:
    """A folder, another file and a server that is away: the error has the driver's reason."""
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"no database at all" * 100)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url, reason in (
        (f"sqlite:///{tmp_path}", "unable to open database file"),
        (f"sqlite:///{tmp_path}/missing/state.db", "unable to open database file"),
        (f"sqlite:///{garbage}", "file is not a database"),
        (f"postgresql://me:secret@127.0.0.1:{port}/x", ""),
    ):
        done = invoked("--port", "0", "--database", url)
        assert done.exit_code == 2
        assert reason in done.stderr
        assert "--database" in done.stderr
        assert "secret" not in done.stderr


def test_faults_are_listed_by_rule() -> None:
    """`--list-faults` lists every fault under the rule that it violates."""
    lines = invoked("--list-faults").stdout.splitlines()
    assert "results-in-request-order" in lines
    assert any(line.startswith("  results-reversed ") for line in lines)


def logged_in(url: str) -> httpx.Response:
    """The response to a batch with a token in the query as well, where it must not be logged."""
    tenant = TENANTS[0]
    return httpx.post(
        f"{url}/v3/{tenant.project_id}/jobs/batch-sync-policy?X-Auth-Token={tenant.token}",
        json={"jobs": [{"job_id": "x", "slot_name": "a secret"}]},
        headers={"X-Auth-Token": tenant.token},
    )


def test_the_access_log_is_json_without_secrets() -> None:
    """Each response is a line of JSON; no token, query or body is in it."""
    with started("--port", "0", "--print-target", "--access-log") as process:
        url = tomllib.loads(read_until(process, "policy_pointer"))["target"]["url"]
        response = logged_in(url)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    assert [entry["status"] for entry in entries] == [200]
    assert entries[0]["request_id"] == response.headers["X-Request-Id"]
    assert set(entries[0]) == {"time", "method", "path", "status", "ms", "request_id"}
    assert TENANTS[0].token not in "".join(lines)
    assert "secret" not in "".join(lines)


def sent_raw(url: str, data: bytes) -> bytes:
    """The response to bytes that may not be HTTP."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize("options", [(), ("--access-log",)])
def test_invalid_http_is_a_line_of_the_access_log(options: tuple[str, ...]) -> None:
    """Its response is logged like any other, and nothing else is written about it."""
    with started("--port", "0", "--print-target", *options) as process:
        url = tomllib.loads(read_until(process, "policy_pointer"))["target"]["url"]
        assert sent_raw(url, b"no http at all\r\n\r\n").startswith(b"HTTP/1.1 400")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr is not None
        entries = [json.loads(line) for line in process.stderr.read().splitlines()]
    assert [entry["status"] for entry in entries] == [400] * len(options)


def test_other_machines_get_no_control_routes_unless_asked() -> None:
    """`--host 0.0.0.0` serves the API, and leaves out control routes and console."""
    with started("--host", "0.0.0.0", "--port", "0") as process:
        url = read_until(process, "  curl http://0.0.0.0:").split()[-2].partition("/v3")[0]
        for path in ("/_sandbox/faults", "/"):
            assert httpx.get(f"{url}{path}").status_code == 404
        assert logged_in(url).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert "--control" in process.stderr.read()


@pytest.mark.parametrize(
    ("host", "asked", "port", "has_control", "warns"),
    [
        ("127.0.0.1", None, None, True, False),
        ("localhost", None, None, True, False),
        ("::1", None, None, True, False),
        ("127.0.0.1", False, None, False, False),
        ("0.0.0.0", None, None, False, True),
        ("0.0.0.0", True, None, True, True),
        ("0.0.0.0", False, None, False, False),
        ("0.0.0.0", None, 0, True, False),  # a port of 127.0.0.1
        ("0.0.0.0", True, 0, True, True),
        ("db.example.com", None, None, False, True),
    ],
)
def test_control_routes_for_other_machines_are_asked_for(
    host: str,
    asked: bool | None,
    port: int | None,
    has_control: bool,
    warns: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They exist on this machine, or if `--control` is given; a warning names the host."""
    assert verb._has_control(host, asked, port) == has_control
    assert (host in capsys.readouterr().err) == warns


def test_control_has_a_port_of_its_own() -> None:
    """With `--control-port`, that port alone has the control routes, and nothing else."""
    with started("--port", "0", "--control-port", "0") as process:
        text = read_until(process, "Read it back:")
        text += read_until(process, "  curl http://127.0.0.1:")
        service, control = re.findall(r"curl (http://127\.0\.0\.1:\d+)/", text)
        assert service != control
        assert httpx.get(f"{control}/_sandbox/faults").status_code == 200
        assert httpx.get(f"{service}/_sandbox/faults").status_code == 404
        assert logged_in(service).status_code == 200
        assert logged_in(control).status_code == 404
