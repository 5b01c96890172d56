"""The file of policies that a verb is given: its items, or every error in it on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Final

import click

from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import Choice, F, edition_option, with_options
from drs_sync_policy.cli.input.formats import FORMATS, format_of
from drs_sync_policy.cli.input.places import PlacedProblem
from drs_sync_policy.cli.input.policies import InvalidFileError, Item, read
from drs_sync_policy.cli.output.progress import reading
from drs_sync_policy.cli.output.prose import fold, width
from drs_sync_policy.text import counted, printable

_MOST_SHOWN: Final = 100
"""The most errors of a file that are shown; more would scroll the first ones away."""


def file_options(unknown: str) -> Callable[[F], F]:
    """Adds FILE and the options about it; `unknown` says what `--allow-unknown` does."""
    return with_options(
        click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True)),
        click.option(
            "--format",
            "form",
            type=Choice(FORMATS),
            help="The format of FILE.  [default: from its name]",
        ),
        edition_option("The edition of the contract that validates the file."),
        click.option("--allow-unknown", is_flag=True, help=unknown),
    )


def items_of(file: str, form: str | None, *, edition: str, allow_unknown: bool) -> Sequence[Item]:
    """The items in a file, or in stdin for `-`; the program ends if there is an error in it."""
    form = form or format_of(file)
    if form is None:
        raise click.UsageError(
            f"the format is not clear from the name {file!r}; give --format {'|'.join(FORMATS)}."
        )
    try:
        with click.open_file(file, "rb") as stream:
            content: bytes = stream.read()
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        with reading(file, len(content)) as progress:
            return read(
                content, form=form, edition=edition, allow_unknown=allow_unknown, progress=progress
            )
    except InvalidFileError as error:
        _report("<stdin>" if file == "-" else file, error.problems)
        sys.exit(exits.WRONG_USE)


def _report(name: str, problems: Sequence[PlacedProblem]) -> None:
    for problem in problems[:_MOST_SHOWN]:
        place = problem.place
        said = printable(f"{name}:{place.line}:{place.column}: {problem.message}")
        click.echo(fold(said, width(err=True), rest="    "), err=True)
    count = len(problems)
    if count > _MOST_SHOWN:
        click.echo(f"... and {count - _MOST_SHOWN:,} more", err=True)
    click.echo(f"{counted(count, 'error')}; nothing was sent.", err=True)
