"""`drs-sync-policy check`: check recorded traffic against the contract."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.text import Text

from drs_sync_policy import contract
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import Choice
from drs_sync_policy.cli.output import verdict as verdicts
from drs_sync_policy.cli.output.progress import reading
from drs_sync_policy.cli.output.verdict import Format, Output
from drs_sync_policy.fuzz.report.model import ORIGINS
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import ProfileError
from drs_sync_policy.fuzz.traffic.check import check_file
from drs_sync_policy.fuzz.traffic.recorded import RecordingError


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--target",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The target profile (TOML) of the server that was recorded.",
)
@click.option(
    "--edition",
    type=Choice(contract.editions()),
    default=contract.BASE_EDITION,
    show_default=True,
    help="The edition of the contract to check against.",
)
@click.option(
    "--redact-bodies",
    is_flag=True,
    help="Keep the bodies of requests and responses out of reports.",
)
@click.option(
    "--origin",
    "origins",
    default=",".join(ORIGINS),
    show_default=True,
    metavar="LIST",
    callback=verdicts.origins,
    help="Report only rules of these origins: `page`, `vendor`, `decision`.",
)
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
    file: Path,
    target: Path,
    edition: str,
    redact_bodies: bool,
    origins: tuple[str, ...],
    report: Path | None,
    form: Format | None,
    verbose: bool,
    quiet: bool,
) -> None:
    """Check the recorded traffic in FILE against the contract.

    FILE is HAR 1.2, or `exchanges.jsonl` of a report of the fuzzer.

    Nothing is sent. Exit codes: 0 every rule that was checked passed, 1 a rule failed, 2 usage
    error, 6 the file has no exchange of the operation, 130 Ctrl-C ended it.
    """
    output = Output(
        folder=report,
        origins=origins,
        format=form or verdicts.default_format(),
        verbose=verbose,
        quiet=quiet,
    )
    output.prepare()
    try:
        with reading(file.name, file.stat().st_size) as progress:
            verdict = check_file(
                file,
                profile.load(target),
                against=contract.load(edition),
                redact_bodies=redact_bodies,
                progress=progress,
                on_finding=lambda finding: (
                    output.console.print(
                        Text.assemble(("FAILED", "bold red"), f" {finding.rule}: {finding.cause}")
                    )
                    if not quiet
                    else None
                ),
            )
    except (ProfileError, RecordingError) as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        sys.exit(exits.INTERRUPTED)
    sys.exit(output.finish(verdict, command=verdicts.repeated(seed=None)))
