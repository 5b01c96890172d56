"""How fast the sandbox responds, compared with a bare Starlette server and Prism, all in one run.

    python -m bench sandbox [-- --seconds 0.5 --rounds 12 --strict]

Each server is a process of its own and is given the same batches by 8 connections: 1, 10 and 1000
jobs a call, half of them known. Every round gives each server one load, in random order, and
the median of the rounds is reported. Ratios are those to the bare server, which reads the body and
sends a constant response. They are of requests a second, and of processor time for a request, which
does not depend on what else the machine does. The bare server runs twice (A/A).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from attrs import frozen

from bench.measure import Floor, Ratio, closing, in_turns, parser, table, where_and_when
from bench.sandboxes import SANDBOX, Served, prism, server
from bench.traffic import Measured, measure, request
from drs_sync_policy.sandbox.seed import FIRST
from tools.documents import ROOT

PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
SIZES = (1, 10, 1000)
CLIENTS = 8
VARIANTS = 16
"""So many different bodies take turns, so that calls change what is stored."""

BARE = "minimal Starlette"
MEMORY = "sandbox, memory"
FILE = "sandbox, file"
LEAST: Mapping[tuple[str, int], float] = {(MEMORY, 10): 0.35, (FILE, 10): 0.2}
"""The bounds: so much of the bare server's calls a second, by server and jobs a call."""


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
def postgres() -> Iterator[str | None]:
    """The URL of a PostgreSQL of this run's own; None where it or its driver is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or find_spec("psycopg") is None:
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
def servers() -> Iterator[Mapping[str, Served]]:
    """Every server that is measured, by name."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        database = stack.enter_context(postgres())
        commands: dict[str, Sequence[str | Path]] = {
            BARE: (sys.executable, ROOT / "bench" / "bare.py"),
            "the reference again (A/A)": (sys.executable, ROOT / "bench" / "bare.py"),
            MEMORY: (*SANDBOX, "--port"),
            FILE: (*SANDBOX, "--database", f"sqlite:///{folder}/state.db", "--port"),
            "Prism": prism(),
        }
        if database is not None:
            commands["sandbox, PostgreSQL"] = (*SANDBOX, "--database", database, "--port")
        yield {name: stack.enter_context(server(*command)) for name, command in commands.items()}


def main() -> int:
    """Measure, and print a table for each size of batch."""
    arguments = parser(__doc__, rounds=12)
    arguments.add_argument("--seconds", type=float, default=0.5)
    chosen = arguments.parse_args()
    print(f"## Sandbox\n\n{where_and_when()}; {chosen.rounds} rounds of {chosen.seconds} s each.")
    floors: list[Floor] = []
    with servers() as measured:
        for size in SIZES:
            found = _rounds(measured, size, chosen.rounds, chosen.seconds)
            _print(size, found)
            floors += [
                Floor(f"{size} jobs, {name}, calls a second", _ratio(found, name, _speed), least)
                for (name, jobs), least in LEAST.items()
                if jobs == size
            ]
    return closing(floors, strict=chosen.strict)


@frozen
class Round:
    """What one load of one server found."""

    load: Measured
    cpu_us: float


Found = Mapping[str, Sequence[Round]]
"""All rounds by server; a round is at the same place in every list."""


def _rounds(measured: Mapping[str, Served], size: int, rounds: int, seconds: float) -> Found:
    one = partial(_round, size=size, seconds=seconds)
    for served in measured.values():
        one(served)
    return in_turns(measured, rounds, one, seed=size)


def _round(served: Served, *, size: int, seconds: float) -> Round:
    before = served.cpu_seconds
    load = measure(served.url, bodies(served.url, size), clients=CLIENTS, seconds=seconds)
    calls = load.per_second * seconds
    return Round(load, 1e6 * (served.cpu_seconds - before) / calls)


def _ratio(found: Found, name: str, of: Callable[[Round], float]) -> Ratio:
    return Ratio.between(map(of, found[name]), map(of, found[BARE]))


def _speed(one: Round) -> float:
    return one.load.per_second


def _print(size: int, found: Found) -> None:
    print(f"\n### {size} jobs a call, {CLIENTS} clients\n")
    header = ("server", "calls/s", "/ bare (95 %)", "p50 ms", "p99 ms", "CPU µs", "CPU: bare /",
              "statuses")  # fmt: skip
    print(table(header, [_row(found, name) for name in found]))


def _row(found: Found, name: str) -> tuple[str, ...]:
    rounds = found[name]
    return (
        name,
        f"{median(map(_speed, rounds)):.0f}",
        str(_ratio(found, name, _speed)),
        f"{median(one.load.p50 for one in rounds):.2f}",
        f"{median(one.load.p99 for one in rounds):.2f}",
        f"{median(one.cpu_us for one in rounds):.0f}",
        str(_ratio(found, name, lambda one: 1 / one.cpu_us)),
        ", ".join(sorted({str(status) for one in rounds for status in one.load.statuses})),
    )


if __name__ == "__main__":
    sys.exit(main())
