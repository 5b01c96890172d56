"""The last line of defence: what no verb foresaw is told in a sentence, and can be reported."""

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


def tell(error: Exception) -> int:
    """Says on stderr what happened, and returns the exit code that it means.

    The text of the error is not shown, unless by `DRS_DEBUG`: nobody knows what stands in it.
    """
    if os.environ.get(DEBUG):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    if isinstance(error, OSError):
        click.echo(f"Error: {error}", err=True)
        return exits.BROKEN
    click.echo(
        f"Error: {type(error).__name__} at {_place(error)}: this is a fault of drs-sync-policy"
        f" {version('drs-sync-policy')} (Python {platform.python_version()}).\n"
        f"The same with {DEBUG}=1 shows more. Please report both to its maintainers, without what"
        " is secret in it.",
        err=True,
    )
    return exits.NOT_CHECKED


def _place(error: Exception) -> str:
    """The line of ours where it came from, or else the last."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "drs_sync_policy" in Path(frame.filename).parts]
    frame = (ours or frames)[-1]
    return "/".join(Path(frame.filename).parts[-3:]) + f":{frame.lineno}"
