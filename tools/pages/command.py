"""The pages of the command and of the changelog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import click
from click.testing import CliRunner

from tools.documents import ROOT


def changelog() -> str:
    """The changelog, with its links as they are on the site."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    return re.sub(r"\]\(docs/", "](", text)


def command() -> str:
    """What `--help` prints, for the command and for each of its verbs."""
    main: click.Group = import_module("drs_sync_policy.cli").main
    parts = [
        "# Command reference",
        (
            "All verbs and options, as `--help` prints them. Exit codes: 0 done, 1 some jobs "
            "failed or a rule failed, 2 usage error, 3 credentials rejected, 4 a response outside "
            "the contract, 5 no connection, 6 nothing or too little could be checked, "
            "130 interrupted."
        ),
    ]
    for path in _verbs(main):
        title = " ".join(("drs-sync-policy", *path))
        parts.append(f"## {title}\n\n```text\n{_help(main, path)}\n```")
    return "\n\n".join(parts) + "\n"


def _verbs(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    context = click.Context(group)
    for name in group.list_commands(context):
        verb = group.get_command(context, name)
        if isinstance(verb, click.Group):
            yield from _verbs(verb, (*path, name))
        elif verb is not None and not verb.hidden:
            yield (*path, name)


def _help(main: click.Group, path: tuple[str, ...]) -> str:
    arguments = [*path, "--help"]
    done = CliRunner().invoke(main, arguments, prog_name="drs-sync-policy", terminal_width=88)
    if done.exit_code != 0:
        raise SystemExit(f"`drs-sync-policy {' '.join(arguments)}` failed: {done.output}")
    return done.output.rstrip()
