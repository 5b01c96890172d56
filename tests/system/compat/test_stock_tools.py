"""Tools that nobody here wrote, as they come: what they say about the sandbox."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from drs_sync_policy.sandbox import Running, running
from drs_sync_policy.sandbox.seed import FIRST, SECOND
from tests.processes import completed

ROOT = Path(__file__).parents[3]
CONTRACT = ROOT / "openapi.yaml"
PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running() as served:
        yield served


@pytest.mark.parametrize(
    "options",
    [
        ("--include-operation-id", "batchSetPolicy"),
        # A lone job that does not exist is a documented 400 of these, as the vendor has it.
        (
            "--exclude-operation-id",
            "batchSetPolicy",
            "--exclude-checks",
            "positive_data_acceptance",
        ),
    ],
    ids=["that sets", "that read"],
)
def test_schemathesis_finds_nothing(
    sandbox: Running, options: tuple[str, ...], tmp_path: Path
) -> None:
    """`schemathesis run` reports no failure, and saw requests accepted."""
    config = f'[auth.openapi.X-Auth-Token]\napi_key = "{FIRST.token}"\n'
    (tmp_path / "schemathesis.toml").write_text(config, encoding="utf-8")
    program = Path(sys.executable).with_name("schemathesis")
    found = program if program.exists() else ROOT / ".venv" / "bin" / "schemathesis"
    done = completed(
        [found, "run", CONTRACT, "--url", sandbox.url, "--report", "ndjson", *options],
        cwd=tmp_path,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    report = "".join(path.read_text() for path in tmp_path.rglob("*.ndjson"))
    statuses = Counter(re.findall(r'"status_code":\s*(\d+)', report))
    assert statuses["200"] > 10
    assert statuses["400"] > 10
    assert not any(status.startswith("5") for status in statuses)


@contextmanager
def proxied(target: str, har: Path) -> Iterator[tuple[str, list[str]]]:
    """Redocly's proxy in front of `target`: its URL, and after the block what it had to say."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command: list[str | Path] = [
        ROOT / "tools" / "node_modules" / ".bin" / "redocly", "proxy", "--target", target,
        "--port", str(port), "--har", har, "--api", CONTRACT, "--match-mode", "basepath",
        # A header of a security scheme is not a header parameter: the proxy does not know it.
        "--ignore-headers", "x-auth-token",
    ]  # fmt: skip
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    said: list[str] = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": path, "REDOCLY_TELEMETRY": "off"},
        start_new_session=True,
    ) as process:
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}", said
        finally:
            # The whole group: what is started is a wrapper around Node.
            os.killpg(process.pid, signal.SIGINT)
            try:
                said += process.communicate(timeout=30)[0].splitlines()
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise


def _wait(port: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the proxy did not start")


def test_redoclys_proxy_finds_nothing(sandbox: Running, tmp_path: Path) -> None:
    """Between a client and the sandbox, Redocly's proxy sees nothing that is not documented."""
    known = {"X-Auth-Token": FIRST.token}
    batches: list[object] = [
        {"jobs": [{"job_id": FIRST.job_ids[0], "conflict_policy": "stop", "ddl_trans": True}]},
        {"jobs": [{"job_id": "unknown"}, {"job_id": FIRST.blocked_job_ids[0]}]},
        {"jobs": [{"job_id": FIRST.job_ids[1], "slot_name": ""}] * 2},
    ]
    with (
        proxied(sandbox.url, tmp_path / "traffic.har") as (url, said),
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        statuses = [
            client.post(PATH, json=batch, headers={**known, **language}).status_code
            for batch in batches
            for language in ({}, {"X-Language": "zh-cn"})
        ]
        foreign = PATH.replace(FIRST.project_id, SECOND.project_id)
        statuses += [
            client.post(foreign, json=batches[0], headers=known).status_code,
            client.post(PATH, json=batches[0], headers={"X-Auth-Token": "x"}).status_code,
        ]
        # Something that it must see, or its silence would mean nothing.
        client.put(PATH, json=batches[0], headers=known)
    assert statuses == [200] * 6 + [403, 401]
    findings = [line for line in said if re.match(r"✖ ERROR [A-Z]+ /", line)]
    assert len(findings) == 1
    assert findings[0].startswith("✖ ERROR PUT ")
    assert "[undocumented-endpoint]" in findings[0]
    assert "┃ Findings: total=1 error=1 warning=0 info=0" in said
