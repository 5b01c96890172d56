"""The last line of defense: an unexpected error becomes a sentence that can be reported."""

from __future__ import annotations

import os
import platform
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from drs_sync_policy.cli import exits

DEBUG: Final = "DRS_DEBUG"
"""The variable of the environment that shows tracebacks."""


def report(error: Exception) -> int:
    """Prints on stderr what happened, and returns the exit code.

    The text of the error is shown with `DRS_DEBUG` only: it may contain anything.
    """
    if os.environ.get(DEBUG):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    if isinstance(error, OSError):
        click.echo(f"Error: {error}", err=True)
        return exits.BROKEN
    click.echo(
        f"Error: {type(error).__name__} at {_place(error)}: this is a bug in drs-sync-policy"
        f" {version('drs-sync-policy')} (Python {platform.python_version()}).\n"
        f"Run it with {DEBUG}=1, and report both outputs to the maintainers, without secrets.",
        err=True,
    )
    return exits.NOT_CHECKED


def _place(error: Exception) -> str:
    """The line of ours where it came from, or else the last."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "drs_sync_policy" in Path(frame.filename).parts]
    frame = (ours or frames)[-1]
    return "/".join(Path(frame.filename).parts[-3:]) + f":{frame.lineno}"
