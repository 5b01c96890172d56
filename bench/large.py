"""How long others wait while the sandbox executes batches of nearly 12 MB.

    python -m bench large [-- --rounds 5 --strict]

Eight connections send small batches, first alone, then while one large batch is executed, then
while eight large ones arrive at once: most of these get a 503 with Retry-After. A test asserts that
others are served meanwhile (tests/system/sandbox/test_large.py); how fast is measured.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from bench.measure import parser, table, where_and_when
from bench.sandbox import CLIENTS, PATH, bodies
from bench.sandboxes import SANDBOX, server
from bench.traffic import Measured, measure, request
from drs_sync_policy.sandbox.seed import FIRST

ITEMS: Final = 400_000
BOUND_MS: Final = 250.0
"""The 99th percentile of the small batches meanwhile, in milliseconds."""


def large(url: str) -> bytes:
    """A request with unknown jobs, of nearly 12 MB."""
    items = ",".join(f'{{"job_id":"unknown-{at:06}"}}' for at in range(ITEMS))
    body = f'{{"jobs":[{items}]}}'.encode()
    return request(url, PATH, body, X_Auth_Token=FIRST.token, Content_Type="application/json")


def meanwhile(url: str, at_once: int) -> Measured:
    """The small batches while so many large batches are sent."""
    small = bodies(url, 2)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(asyncio.run, _send(url, large(url), at_once))
        rounds: list[Measured] = []
        while not sent.done():
            rounds.append(measure(url, small, clients=CLIENTS, seconds=0.5))
    return max(rounds, key=lambda found: found.p99)


async def _send(url: str, content: bytes, at_once: int) -> None:
    async def send() -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(content)
        with suppress(ConnectionError):  # a 503 came before all was sent
            await reader.readuntil(b"\r\n\r\n")
        writer.close()

    await asyncio.gather(*(send() for _ in range(at_once)))


def main() -> int:
    """Measure, and print a row for each database."""
    chosen = parser(__doc__, rounds=5).parse_args()
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
                one, eight = (
                    statistics.median(
                        meanwhile(served.url, at_once).p99 for _ in range(chosen.rounds)
                    )
                    for at_once in (1, CLIENTS)
                )
            holds = holds and one < BOUND_MS
            rows.append((name, f"{alone.p99:.1f}", f"{one:.1f}", f"{eight:.1f}"))
    print(table(("99th percentile, ms", "alone", "during one", "during eight"), rows))
    print(f"\n- bound: under {BOUND_MS:g} ms during one: {'holds' if holds else 'does not hold'}")
    return int(chosen.strict and not holds)


if __name__ == "__main__":
    raise SystemExit(main())
