"""`drs-sync-policy proxy`: forward live traffic to a server and check it against the contract."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import click
from attrs import evolve

from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import usage_errors
from drs_sync_policy.cli.output.options import redact_option, target_option, verdict_options
from drs_sync_policy.cli.output.verdict import Output
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import ProfileError, Target
from drs_sync_policy.fuzz.traffic.check import check_exchanges
from drs_sync_policy.fuzz.traffic.checker import TrafficChecker
from drs_sync_policy.fuzz.traffic.proxy import Proxy, notes
from drs_sync_policy.fuzz.traffic.record import HarWriter
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.fuzz.traffic.second import Arrivals, Second

_DIED: Final = (
    "Error: the process that checks the traffic has ended. This run gets no verdict. Until Ctrl-C,"
    " the proxy still forwards all traffic; to check it, start the proxy again."
)


@click.command()
@target_option("that gets the traffic")
@click.option(
    "--listen",
    "port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=False,
    help="The port to listen on; default: any free port.",
)
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the requests and responses as HAR, with secrets replaced, into FILE.",
)
@redact_option
@verdict_options
def command(
    *,
    target: Path,
    port: int,
    host: str,
    record: Path | None,
    redact_bodies: bool,
    against: Contract,
    output: Output,
) -> None:
    """Forward traffic to a server, and check a copy of it against the contract.

    The proxy forwards the bytes unchanged. Ctrl-C ends the proxy and prints the verdict. Exit
    codes: 0 all checked rules passed; 1 a rule failed; 2 usage error; 6 no request that sets
    policies was forwarded.
    """
    with usage_errors(ProfileError):
        chosen = profile.load(target, against=against)
    if record is not None:
        try:
            record.open("ab").close()  # what it has is kept until the port is bound
        except OSError as error:
            raise click.BadParameter(
                f"`{record}` cannot be written: {error.strerror or error}", param_hint="--record"
            ) from None
    arguments = (chosen, against, redact_bodies, record, output)
    second = Second(check, arguments, died=lambda: click.echo(_DIED, err=True))
    proxy = Proxy(chosen.url, chosen.verify, second)

    def listening(address: str, number: int) -> None:
        shown = f"[{address}]" if ":" in address else address
        click.echo(f"Forwarding http://{shown}:{number} to {chosen.url}. Stop with Ctrl-C.")

    try:
        code = asyncio.run(proxy.run(host, port, listening=listening))
    except OSError as error:
        raise click.UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}."
            " Choose another port with --listen, or any free one with --listen 0."
        ) from None
    if code is None:
        code = exits.NOT_CHECKED
    sys.exit(code)


def check(
    arrivals: Arrivals,
    target: Target,
    against: Contract,
    redact_bodies: bool,
    record: Path | None,
    output: Output,
) -> int:
    """The second process: check what arrives, show findings at once, and give the exit code."""
    checker = TrafficChecker(target, against=against, redact_bodies=redact_bodies)
    said: list[str] = []
    if record is None:
        verdict = check_exchanges(arrivals, checker, on_finding=output.found)
    else:
        file = record.open("w", encoding="utf-8")
        with HarWriter(file, checker.oracle) as writer:
            recorded = _recorded(arrivals, writer)
            verdict = check_exchanges(recorded, checker, on_finding=output.found)
        if writer.problem:
            said.append(f"the recording `{record}` is not complete: {writer.problem}")
    return output.finish(evolve(verdict, notes=(*verdict.notes, *notes(arrivals), *said)))


def _recorded(exchanges: Iterable[Recorded], writer: HarWriter) -> Iterator[Recorded]:
    shown = False
    for recorded in exchanges:
        writer.write(recorded)
        if writer.problem and not shown:
            shown = True
            click.echo(f"Error: recording has stopped: {writer.problem}", err=True)
        yield recorded
