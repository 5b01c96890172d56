"""How fast the sandbox answers, beside a bare Starlette server and Prism, all in one run.

    python -m bench sandbox [-- --seconds 3 --rounds 3]

Each server is a process of its own and is given the same batches by 8 connections: 1, 10 and 1000
jobs a call, half of them known. The servers take turns in rounds, and the median of the rounds is
told. The ratio is that to the bare server, which reads the body and answers a constant.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.load import Measured, measure, request
from drs_sync_policy.sandbox.seed import FIRST

ROOT = Path(__file__).resolve().parents[1]
PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
SIZES = (1, 10, 1000)
CLIENTS = 8
VARIANTS = 16
"""So many different bodies take turns, so that calls change what is stored."""

SANDBOX = (sys.executable, "-c", "from drs_sync_policy.cli import main; main()", "sandbox")


def bodies(url: str, size: int) -> list[bytes]:
    """The requests of one load: `size` jobs each, every other one known."""
    return [
        request(
            url,
            PATH,
            json.dumps({"jobs": [_item(variant, at) for at in range(size)]}).encode(),
            X_Auth_Token=FIRST.token,
            Content_Type="application/json",
        )
        for variant in range(VARIANTS)
    ]


def _item(variant: int, at: int) -> dict[str, object]:
    known = FIRST.job_ids[(variant + at // 2) % len(FIRST.job_ids)]
    return {
        "job_id": known if at % 2 == 0 else f"unknown-{at:04}",
        "conflict_policy": ("ignore", "stop", "overwrite")[(variant + at) % 3],
        "ddl_trans": variant % 2 == 0,
    }


@contextmanager
def server(*command: str | Path) -> Iterator[str]:
    """A server started with the last argument as its port; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        [*command, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": path},
    ) as process:
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"{process.args!r} did not start")


@contextmanager
def postgres() -> Iterator[str | None]:
    """The URL of a PostgreSQL of this run's own; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    root = os.geteuid() == 0
    if root:
        shutil.chown(home, "postgres", "postgres")
    owner = ["runuser", "-u", "postgres", "--"] if root else []
    programs, data = found[-1].parent, home / "data"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command: list[str | Path] = [*owner, programs / program, "-D", data, *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)

    run("initdb", "-U", "postgres", "-A", "trust")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {data}"
    run("pg_ctl", "start", "-w", "-o", options, "-l", str(data / "log"))
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "stop", "-w", "-m", "fast")
        shutil.rmtree(home)


@contextmanager
def servers() -> Iterator[Mapping[str, str]]:
    """Every server that is measured, by name."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        database = stack.enter_context(postgres())
        commands: dict[str, Sequence[str | Path]] = {
            "bare Starlette": (sys.executable, ROOT / "bench" / "bare.py"),
            "sandbox, memory": (*SANDBOX, "--port"),
            "sandbox, file": (*SANDBOX, "--database", f"sqlite:///{folder}/state.db", "--port"),
            "Prism": (
                ROOT / "tools" / "node_modules" / ".bin" / "prism",
                "mock",
                ROOT / "openapi.yaml",
                "--host",
                "127.0.0.1",
                "--port",
            ),
        }
        if database is not None:
            commands["sandbox, PostgreSQL"] = (*SANDBOX, "--database", database, "--port")
        yield {name: stack.enter_context(server(*command)) for name, command in commands.items()}


def main() -> None:
    """Measure, and print a table for each size of batch."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    with servers() as urls:
        for size in SIZES:
            found: dict[str, list[Measured]] = {name: [] for name in urls}
            for _ in range(chosen.rounds):
                for name, url in urls.items():
                    load = bodies(url, size)
                    found[name].append(measure(url, load, clients=CLIENTS, seconds=chosen.seconds))
            _print(size, found)


def _print(size: int, found: Mapping[str, Sequence[Measured]]) -> None:
    print(f"\n{size} jobs a call, {CLIENTS} clients")
    print(f"  {'':20} {'calls/s':>9} {'ratio':>6} {'p50 ms':>8} {'p99 ms':>8}  statuses")
    bare = statistics.median(one.per_second for one in next(iter(found.values())))
    for name, measured in found.items():
        rate = statistics.median(one.per_second for one in measured)
        p50 = statistics.median(one.p50 for one in measured)
        p99 = statistics.median(one.p99 for one in measured)
        statuses = sorted({status for one in measured for status in one.statuses})
        print(f"  {name:20} {rate:9.0f} {rate / bare:6.2f} {p50:8.2f} {p99:8.2f}  {statuses}")


if __name__ == "__main__":
    main()
