"""`drs-sync-policy proxy`: relay live traffic to a server and check it against the contract."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click
from attrs import evolve
from rich.text import Text

from drs_sync_policy import contract
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import Choice
from drs_sync_policy.cli.output import verdict as verdicts
from drs_sync_policy.cli.output.verdict import Format, Output
from drs_sync_policy.fuzz.findings import Finding
from drs_sync_policy.fuzz.report.model import ORIGINS
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import ProfileError, Target
from drs_sync_policy.fuzz.traffic.check import check_exchanges
from drs_sync_policy.fuzz.traffic.checker import TrafficChecker
from drs_sync_policy.fuzz.traffic.proxy import Arrivals, Proxy
from drs_sync_policy.fuzz.traffic.record import HarWriter
from drs_sync_policy.fuzz.traffic.recorded import Recorded


@click.command()
@click.option(
    "--target",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The target profile (TOML) of the server to relay to.",
)
@click.option(
    "--listen",
    "port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port to listen on; default: any free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the exchanges of the operation as HAR, secrets replaced.",
)
@click.option(
    "--edition",
    type=Choice(contract.editions()),
    default=contract.BASE_EDITION,
    show_default=True,
    help="The edition of the contract to check against.",
)
@click.option("--redact-bodies", is_flag=True, help="Keep bodies out of reports.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the report.",
)
@click.option(
    "--format",
    "form",
    type=Choice(verdicts.FORMATS),
    help="`github` adds an annotation for each finding; default on GitHub Actions.",
)
@click.option("-v", "--verbose", is_flag=True, help="Print the details of each finding at the end.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the end.")
def command(
    *,
    target: Path,
    port: int,
    host: str,
    record: Path | None,
    edition: str,
    redact_bodies: bool,
    report: Path | None,
    form: Format | None,
    verbose: bool,
    quiet: bool,
) -> None:
    """Relay traffic to a server, and check a copy of it against the contract.

    The bytes are relayed unchanged. Ctrl-C ends the proxy and prints the verdict. Exit codes: 0
    every rule that was checked passed, 1 a rule failed, 2 usage error, 6 no exchange of the
    operation was relayed.
    """
    try:
        chosen = profile.load(target)
    except ProfileError as error:
        raise click.UsageError(str(error)) from None
    if report is not None:
        Output(folder=report).prepare()
    options = {
        "folder": report,
        "format": form or verdicts.default_format(),
        "verbose": verbose,
        "quiet": quiet,
    }
    repeated = verdicts.repeated(seed=None)
    proxy = Proxy(
        chosen.url,
        chosen.verify,
        check,
        (chosen, edition, redact_bodies, record, options, repeated),
    )

    def listening(address: str, number: int) -> None:
        shown = f"[{address}]" if ":" in address else address
        click.echo(f"Relaying http://{shown}:{number} to {chosen.url}. Stop with Ctrl-C.")

    try:
        code = asyncio.run(proxy.run(host, port, listening=listening))
    except OSError as error:
        raise click.UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}."
            " Choose another port with --listen, or any free one with --listen 0."
        ) from None
    if code is None:
        click.echo(
            "Error: the process that checks the traffic has died; nothing was checked.", err=True
        )
        code = exits.NOT_CHECKED
    sys.exit(code)


def check(
    arrivals: Arrivals,
    target: Target,
    edition: str,
    redact_bodies: bool,
    record: Path | None,
    options: dict[str, object],
    repeated: str,
) -> int:
    """The second process: check what arrives, show findings at once, and give the exit code."""
    output = Output(origins=ORIGINS, **options)  # type: ignore[arg-type]
    checker = TrafficChecker(target, against=contract.load(edition), redact_bodies=redact_bodies)

    def show(finding: Finding) -> None:
        if not output.quiet:
            output.console.print(
                Text.assemble(("FAILED", "bold red"), f" {finding.rule}: {finding.cause}")
            )

    with ExitStack() as stack:
        exchanges: Iterator[Recorded] = iter(arrivals)
        if record is not None:
            file = stack.enter_context(record.open("w", encoding="utf-8"))
            exchanges = _recorded(exchanges, stack.enter_context(HarWriter(file, checker.oracle)))
        verdict = check_exchanges(exchanges, checker, on_finding=show)
    if arrivals.ended is not None:
        verdict = evolve(verdict, notes=(*verdict.notes, *arrivals.ended.notes()))
    return output.finish(verdict, command=repeated)


def _recorded(exchanges: Iterator[Recorded], writer: HarWriter) -> Iterator[Recorded]:
    for recorded in exchanges:
        writer.write(recorded)
        yield recorded
