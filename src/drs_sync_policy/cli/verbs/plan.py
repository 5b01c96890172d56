"""The verb `plan`: what `apply` would change."""

from __future__ import annotations

import sys

import click

from drs_sync_policy.cli import exits, plans, sending
from drs_sync_policy.cli.choice import output_option
from drs_sync_policy.cli.connection import Connection, connection_options
from drs_sync_policy.cli.input.file import file_options, items_of
from drs_sync_policy.cli.output import plans as output_of
from drs_sync_policy.cli.reading import read


@click.command(short_help="Show what `apply` would change.")
@file_options("Also accept unknown fields.")
@output_option(output_of.OUTPUTS)
@sending.manner_options("Print only the plan and errors, no progress and no summary.")
@connection_options
def command(
    connection: Connection,
    manner: sending.Manner,
    file: str,
    form: str | None,
    edition: str,
    allow_unknown: bool,
    output: str,
) -> None:
    """Show what `apply` would change if it set the policies in FILE (- for stdin, with --format).

    Before each field: `+` not set yet, would be set; `~` has another value, would be changed; `=`
    has this value already; `?` the server does not show it. `plan` itself changes nothing.

    Exit codes: 0 nothing to do, 10 there are changes, 1 a job cannot be read. A field that the
    server does not show never changes the exit code.
    """
    items = items_of(file, form, edition=edition, allow_unknown=allow_unknown)
    client = connection.client(edition=edition, **manner.client_options())
    policies, code = read(client, [*plans.merged(items)], manner=manner)
    if code:
        sys.exit(code)
    found = plans.plans(items, policies)
    output_of.show(found, output, quiet=manner.quiet)
    codes = [exits.CHANGES for plan in found if plan.changed]
    sys.exit(exits.worst(codes + [exits.BROKEN for plan in found if plan.error_code]))
