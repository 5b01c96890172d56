"""`drs-sync-policy check`: check recorded traffic against the contract."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import usage_errors
from drs_sync_policy.cli.output.options import redact_option, target_option, verdict_options
from drs_sync_policy.cli.output.progress import reading
from drs_sync_policy.cli.output.verdict import Output
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import ProfileError
from drs_sync_policy.fuzz.traffic.check import check_file
from drs_sync_policy.fuzz.traffic.recorded import RecordingError


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@target_option("that was recorded")
@redact_option
@verdict_options
def command(
    *, file: Path, target: Path, redact_bodies: bool, against: Contract, output: Output
) -> None:
    """Check the recorded traffic in FILE against the contract.

    FILE is HAR 1.2, or `exchanges.jsonl` of a report of the fuzzer.

    Nothing is sent. Exit codes: 0 all checked rules passed; 1 a rule failed; 2 usage error; 6 the
    file has no request that sets policies; 130 Ctrl-C.
    """
    output.keep(file)
    try:
        with (
            usage_errors(ProfileError, RecordingError),
            reading(file.name, file.stat().st_size) as progress,
        ):
            verdict = check_file(
                file,
                profile.load(target, against=against),
                against=against,
                redact_bodies=redact_bodies,
                progress=progress,
                on_finding=output.found,
            )
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        sys.exit(exits.INTERRUPTED)
    sys.exit(output.finish(verdict))
