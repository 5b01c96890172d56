"""The verb `completion`: what a shell needs to complete the command."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from drs_sync_policy.cli import ASKED
from drs_sync_policy.cli.choice import Choice

PROGRAM: Final = "drs-sync-policy"
_SHELLS: Final = ("bash", "zsh", "fish")


@click.command(short_help="Print the script for tab completion in a shell.")
@click.argument("shell", type=Choice(_SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script for tab completion of subcommands, options and values.

    The examples show where each shell needs the script.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has all of _SHELLS
    click.echo(kind(context.find_root().command, {}, PROGRAM, ASKED).source())
