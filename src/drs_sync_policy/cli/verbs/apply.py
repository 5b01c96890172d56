"""The verb `apply`: set the policies of a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from drs_sync_policy import Batches
from drs_sync_policy.cli import applying, sending
from drs_sync_policy.cli.choice import output_option, usage_errors
from drs_sync_policy.cli.connection import Connection, connection_options
from drs_sync_policy.cli.input.file import file_options, items_of
from drs_sync_policy.cli.journal import BadJournalError
from drs_sync_policy.cli.output import outcomes, preview


@click.command(short_help="Set the policies of a file.")
@file_options("Also send unknown fields.")
@click.option("--dry-run", is_flag=True, help="Show the requests and send nothing.")
@click.option("--curl", is_flag=True, help="Show the requests as curl commands and send nothing.")
@output_option(outcomes.OUTPUTS)
@click.option("--batch", type=click.IntRange(min=1), default=100,
              help="Maximum number of jobs in one request. With a small number, the"
              " journal and the progress bar are updated more often.")  # fmt: skip
@click.option("--concurrency", type=click.IntRange(1, 64), default=4,
              help="Maximum number of requests at the same time.")  # fmt: skip
@click.option("--journal", type=click.Path(dir_okay=False, path_type=Path), metavar="PATH",
              help="The file that lists jobs that are set.  [default: FILE.journal]")  # fmt: skip
@click.option(
    "--fresh", is_flag=True, help="Ignore the journal of earlier runs, and send all jobs."
)
@click.option("--verify", is_flag=True, help="Read the stored policies, and report what differs.")
@sending.manner_options("Print only jobs that were not set, and errors.")
@connection_options
def command(
    connection: Connection,
    manner: sending.Manner,
    file: str,
    form: str | None,
    edition: str,
    allow_unknown: bool,
    dry_run: bool,
    curl: bool,
    output: str,
    batch: int,
    concurrency: int,
    journal: Path | None,
    fresh: bool,
    verify: bool,
) -> None:
    """Set the policies in FILE (YAML, JSON or CSV; - for stdin, with --format).

    The file is validated before anything is sent, and every error is reported with its line and
    column. The journal lists the jobs that succeeded. After an interruption, run the same command
    again: it sends only the jobs that are not in the journal. When all jobs have succeeded, the
    journal is deleted.

    With --verify, the exit code is 1 if the server has stored another value than the one in FILE.
    Some fields cannot be read from the server; these never change the exit code.
    """
    items = items_of(file, form, edition=edition, allow_unknown=allow_unknown)
    batches = Batches(jobs=batch, concurrency=concurrency)
    if dry_run or curl:
        policies = applying.policies(items)
        preview.show(connection, policies, batches=batches, edition=edition, as_curl=curl)
        return
    path = journal or (None if file == "-" else Path(f"{file}.journal"))
    if path is not None and file != "-" and path.exists() and path.samefile(file):
        raise click.BadParameter(
            "the journal must be another file than FILE.", param_hint="--journal"
        )
    options = {"batches": batches, "edition": edition, **manner.client_options()}
    client = connection.client(**options)
    verifier = connection.client(**options) if verify else None
    run = applying.Run(client, items, output, manner, verifier)
    with usage_errors(BadJournalError):
        sys.exit(run.to_the_end(path, fresh=fresh))
