"""The verb `get`: read the policies of jobs."""

from __future__ import annotations

import sys

import click

from drs_sync_policy.cli import exits, sending
from drs_sync_policy.cli.choice import edition_option, output_option
from drs_sync_policy.cli.connection import Connection, connection_options
from drs_sync_policy.cli.input.fields import fields
from drs_sync_policy.cli.output import policies as output_of
from drs_sync_policy.cli.reading import read
from drs_sync_policy.text import counted


@click.command(short_help="Show the policies of jobs.")
@click.argument("job_ids", metavar="[JOB...]", nargs=-1)
@click.option("--all-sync-jobs", is_flag=True, help="Read all synchronization jobs of the project.")
@edition_option("The edition of the contract; it decides which fields are shown.")
@output_option(output_of.OUTPUTS)
@sending.manner_options("Print only the policies and errors, no progress and no summary.")
@connection_options
def command(
    connection: Connection,
    manner: sending.Manner,
    job_ids: tuple[str, ...],
    all_sync_jobs: bool,
    edition: str,
    output: str,
) -> None:
    """Show the state of each JOB, and the fields of its policy that the server shows.

    `-` means that a field is not set, and `?` that the server does not show the field. The exit
    code is 1 if a job cannot be read. A field that the server does not show never changes the exit
    code.
    """
    if bool(job_ids) == all_sync_jobs:
        raise click.UsageError("name the jobs, or give --all-sync-jobs, and not both")
    client = connection.client(edition=edition, **manner.client_options())
    found, code = read(client, None if all_sync_jobs else job_ids, manner=manner)
    if code:
        sys.exit(code)
    names = [name for name in fields(edition) if name != "job_id"]
    output_of.show(found, names, output)
    failed = sum(not policy.found for policy in found)
    if not manner.quiet:
        said = f", {failed:,} could not be read" if failed else ""
        click.echo(f"{counted(len(found), 'job')}{said}; {output_of.LEGEND}", err=True)
    sys.exit(exits.BROKEN if failed else exits.DONE)
