"""What the proxy adds to a request: the same requests with and without it, in turns.

`python -m bench.proxy` starts a sandbox and a proxy before it, each in processes of its own. In
each round, in random order, 100 requests a second go for two seconds to the sandbox and through the
proxy, which checks them. It prints the medians, the 95th percentiles and what the proxy adds, with
the difference between two equal rounds without it (A/A), and writes `reports/bench-proxy.json`.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

import click

from bench.measure import in_turns, other_work, table, where_and_when, write_page, write_report
from drs_sync_policy import sandbox
from drs_sync_policy.sandbox.seed import FIRST

PROGRAM: Final = Path(sys.executable).with_name("drs-sync-policy")
SECONDS: Final = 2.0
_VARIANTS: Final = ("direct", "direct again (A/A)", "through the proxy")


@contextmanager
def started(*arguments: str) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """The URL that a verb listens on, until the block ends."""
    command = [str(PROGRAM), *arguments]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise click.ClickException(f"{' '.join(command)} did not start")
        try:
            yield found[0], process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=60)


def paced(url: str, body: bytes, *, rate: int, seconds: float) -> list[float]:
    """The milliseconds of each request; each begins at its time, whatever the others take."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port)
    path = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
    headers = {"X-Auth-Token": FIRST.token, "Content-Type": "application/json"}
    took: list[float] = []
    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        sent = time.perf_counter()
        connection.request("POST", path, body, headers)
        with connection.getresponse() as response:
            response.read()
            took.append(1000 * (time.perf_counter() - sent))
            if response.status != 200:
                raise click.ClickException(f"{url} responded {response.status}")
    connection.close()
    return took


def _measured(urls: dict[str, str], *, rate: int, rounds: int) -> dict[str, list[list[float]]]:
    items = [{"job_id": job, "conflict_policy": "ignore"} for job in FIRST.job_ids[:5]]
    body = json.dumps({"jobs": items}).encode()
    one = partial(paced, body=body, rate=rate, seconds=SECONDS)
    for url in urls.values():  # to warm up
        one(url)
    return in_turns(urls, rounds, one)


@click.command()
@click.option("--rounds", default=10, help="Rounds of two seconds for each variant.")
@click.option("--rate", default=100, help="Requests a second.")
@click.option("--write", is_flag=True, help="Write the result into docs/performance.md.")
def main(rounds: int, rate: int, write: bool) -> None:
    """Measure what the proxy adds to a request."""
    with TemporaryDirectory() as folder, started("sandbox", "--port", "0") as (direct, _):
        busy, target = other_work(), Path(folder) / "target.toml"
        document = sandbox.target_profile(direct, tenants=[FIRST])
        target.write_text(sandbox.to_toml(document), "utf-8")
        report = Path(folder) / "report"
        proxy = ("proxy", "--target", str(target), "--report", str(report), "--quiet")
        with started(*proxy) as (proxied, process):
            urls = dict(zip(_VARIANTS, (direct, direct, proxied), strict=True))
            found = _measured(urls, rate=rate, rounds=rounds)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
        verdict = json.loads((report / "verdict.json").read_text("utf-8"))
    flat = {name: [took for turn in turns for took in turn] for name, turns in found.items()}
    reference = median(flat["direct"])
    added = {name: median(flat[name]) - reference for name in _VARIANTS[1:]}
    rows = [
        [
            f"**{name}**" if name == _VARIANTS[2] else name,
            f"{median(took):.2f} ms",
            f"{added[name]:+.2f} ms" if name in added else "-",
            f"{quantiles(took, n=20)[-1]:.2f} ms",
        ]
        for name, took in flat.items()
    ]
    head = [f"{rate} requests a second", "median", "compared with direct", "95th percentile"]
    checked, sent = verdict["requests"], len(flat[_VARIANTS[2]]) + int(rate * SECONDS)
    text = (
        f"{table(head, rows)}\n\n{checked:,} of {sent:,} requests were checked."
        f" Measured on {where_and_when()}, {busy}."
    )
    click.echo(text)
    if write:
        write_page("proxy", text)
    result = {"machine": where_and_when(), "rate": rate, "added": added, "milliseconds": found}
    write_report("proxy", result)


if __name__ == "__main__":
    main()
