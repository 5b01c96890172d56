"""How long others wait while the sandbox executes a batch of nearly 12 MB.

    python -m bench large [-- --rounds 5 --strict]

Eight connections send small batches, first alone, then while one large batch is executed. A test
asserts that others are served meanwhile (tests/system/sandbox/test_large.py); how fast is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bench.load import Measured, measure, request
from bench.measure import table, where_and_when
from bench.sandbox import CLIENTS, PATH, SANDBOX, bodies, server
from drs_sync_policy.sandbox.seed import FIRST

ITEMS: Final = 400_000
BOUND_MS: Final = 250.0
"""The 99th percentile of the small batches meanwhile, in milliseconds."""


def large(url: str) -> bytes:
    """A request with unknown jobs, of nearly 12 MB."""
    items = ",".join(f'{{"job_id":"unknown-{at:06}"}}' for at in range(ITEMS))
    body = f'{{"jobs":[{items}]}}'.encode()
    return request(url, PATH, body, X_Auth_Token=FIRST.token, Content_Type="application/json")


def meanwhile(url: str) -> Measured:
    """The small batches while one large batch is executed."""
    small = bodies(url, 2)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(asyncio.run, _send(url, large(url)))
        rounds: list[Measured] = []
        while not sent.done():
            rounds.append(measure(url, small, clients=CLIENTS, seconds=0.5))
    return max(rounds, key=lambda found: found.p99)


async def _send(url: str, content: bytes) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(content)
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


def main() -> int:
    """Measure, and print a row for each database."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--strict", action="store_true", help="exit 1 where a bound is missed")
    chosen = arguments.parse_args()
    print(f"## Others during a large batch\n\n{where_and_when()}; {chosen.rounds} rounds.\n")
    rows: list[tuple[str, ...]] = []
    holds = True
    with tempfile.TemporaryDirectory() as folder:
        for name, options in (
            ("sandbox, memory", ()),
            ("sandbox, file", ("--database", f"sqlite:///{folder}/state.db")),
        ):
            with server(*SANDBOX, *options, "--port") as served:
                alone = measure(served.url, bodies(served.url, 2), clients=CLIENTS, seconds=1)
                p99 = statistics.median(meanwhile(served.url).p99 for _ in range(chosen.rounds))
            holds = holds and p99 < BOUND_MS
            rows.append((name, f"{alone.p99:.1f}", f"{p99:.1f}"))
    print(table(("99th percentile, ms", "alone", "meanwhile"), rows))
    print(f"\n- bound: under {BOUND_MS:g} ms meanwhile: {'holds' if holds else 'does not hold'}")
    return int(chosen.strict and not holds)


if __name__ == "__main__":
    raise SystemExit(main())
