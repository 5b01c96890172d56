"""The command: its help, and what it prints for a line."""

from __future__ import annotations

import os
from typing import Final

import click
from click.testing import CliRunner

_NOBODY: Final = "http://127.0.0.1:9"
"""A URL at which nothing listens."""


def _command() -> click.Group:
    from drs_sync_policy.cli import main

    return main


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; nothing of this machine's settings is read."""
    ours = {name: None for name in os.environ if name.startswith("DRS_")}
    fixed = {
        "COLUMNS": "80", "NO_COLOR": "1", "HOME": "home", "XDG_CONFIG_HOME": "home",
        "DRS_URL": _NOBODY, "DRS_PROJECT_ID": "p", "DRS_TOKEN": "made-up",
    }  # fmt: skip
    done = CliRunner(env={**ours, **fixed}).invoke(
        _command(), list(arguments), prog_name="drs-sync-policy"
    )
    return done.exit_code, done.stdout, done.stderr


def command_help() -> str:
    """What `--help` prints, of each command; of `set` without the fields of the contract."""
    group = _command()
    names = group.list_commands(click.Context(group))
    # No edition of this name has a field, and `--help` comes before a complaint.
    more = {"set": ("--edition", "without-fields")}
    lines = [(name, run(*name.split(), *more.get(name, ()), "--help")[1]) for name in ("", *names)]
    return "\n".join(f"$ drs-sync-policy {name} --help\n{shown}" for name, shown in lines)
