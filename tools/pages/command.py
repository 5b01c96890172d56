"""The page of the command."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import click
from click.testing import CliRunner

from tools.pages.markdown import table

EXIT_CODES: Final = (
    ("0", "done", ""),
    ("1", "some jobs failed, or a rule failed", "read the table or the report"),
    ("2", "usage error", "correct the argument, the setting or the file that is named"),
    ("3", "credentials rejected", "run `drs-sync-policy doctor`, and get a new token"),
    ("4", "a response violates the contract", "[check the server](fuzzing.md)"),
    ("5", "no connection", "check the URL and the proxy; `doctor` shows both"),
    ("6", "too little could be checked, or an error of the program itself", "read the message"),
    ("10", "`plan` found something that `apply` would change", "run `apply` to change it"),
    ("130", "Ctrl-C", "`apply` continues where it ended when you run it again"),
)


def command() -> str:
    """Each verb of the command with its options and examples, as `--help` has them."""
    main: click.Group = import_module("drs_sync_policy.cli").main
    verbs = list(_verbs(main))
    parts = [
        "# Command reference",
        (
            "This page lists the subcommands and options of the command. `drs-sync-policy COMMAND "
            "--help` prints them, too. [Exit codes](#exit-codes) are at the end."
        ),
        table(
            ("Subcommand", "What it does"),
            (
                (f"[`{' '.join(path)}`](#{_anchor(path)})", verb.get_short_help_str(200))
                for path, verb in verbs
                if path
            ),
        ),
    ]
    for path, verb in verbs:
        title = " ".join(("drs-sync-policy", *path))
        label = f' data-toc-label="{path[-1]}"' if path else ""
        parts += [f"## {title} {{ #{_anchor(path)}{label} }}", *_verb(main, path, verb)]
    parts += ["## Exit codes", table(("Code", "What it means", "What to do"), EXIT_CODES)]
    return "\n\n".join(parts) + "\n"


def options() -> Iterator[tuple[str, str, str, str]]:
    """Each option: its name, what it does, where the page has it, and its command."""
    main: click.Group = import_module("drs_sync_policy.cli").main
    for path, verb in _verbs(main):
        context = click.Context(verb, **main.context_settings)
        for option in verb.get_params(context):
            if isinstance(option, click.Option):
                record = option.get_help_record(context)
                if record is not None:  # else an option for a field of another edition
                    command = " ".join(("drs-sync-policy", *path))
                    yield option.opts[-1], record[1], _place(path, option), command


def _verbs(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        verb = group.get_command(context, name)
        if isinstance(verb, click.Group):
            yield from _verbs(verb, (*path, name))
        elif verb is not None and not verb.hidden:
            yield (*path, name), verb


def _anchor(path: tuple[str, ...]) -> str:
    return "-".join(("drs-sync-policy", *path))


def _place(path: tuple[str, ...], option: click.Option) -> str:
    return f"{_anchor(path)}{option.opts[-1]}"


def _verb(main: click.Group, path: tuple[str, ...], verb: click.Command) -> Iterator[str]:
    shown = _help(main, path)
    usage = re.match(r"Usage: (.*(?:\n {4,}.*)*)", shown)
    if not usage:
        raise SystemExit(f"`--help` of {path} has no usage: see tools/pages/command.py")
    yield f"```{{ .text .no-copy }}\n{usage[0]}\n```"
    yield inspect.cleandoc(verb.help or "").replace("\b\n", "")
    yield from _examples(shown)
    context = click.Context(verb, info_name=" ".join(path), **main.context_settings)
    rows = (_row(path, o, context) for o in verb.get_params(context) if isinstance(o, click.Option))
    yield table(("Option", "What it does"), filter(None, rows))


def _row(
    path: tuple[str, ...], option: click.Option, context: click.Context
) -> tuple[str, str] | None:
    record = option.get_help_record(context)
    if record is None:
        return None
    return f"`{_value(record[0], option)}`{{ #{_place(path, option)} }}", _bounds(record[1])


def _value(shown: str, option: click.Option) -> str:
    """The name of an option with what its value is, where click has the name of a type."""
    name = option.opts[-1].lstrip("-").upper()
    return re.sub(r"\b(?:INTEGER|FLOAT)( RANGE)?$", "NUMBER", shown).replace(" TEXT", f" {name}")


def _bounds(text: str) -> str:
    """The text of an option with its bounds in words, where click has `1<=x<=9`."""
    text = re.sub(r"([\d.]+)<=x<=([\d.]+)", r"from \1 to \2", text)
    text = re.sub(r"x>=([\d.]+)", r"\1 or more", text)
    text = re.sub(r"x>([\d.]+)", r"more than \1", text)
    text = re.sub(r"([\d.]+)<x<=([\d.]+)", r"more than \1, at most \2", text)
    return text.replace("; ", ", ") if "[default: " in text else text


def _examples(shown: str) -> Iterator[str]:
    """The examples at the end of the help, as commands to copy."""
    _, found, rest = shown.partition("\n  Examples:\n")
    if found:
        lines = textwrap.dedent(rest.split("\n\n")[0]).strip()
        yield f"```sh\n{lines}\n```"


def _help(main: click.Group, path: tuple[str, ...]) -> str:
    arguments = [*path, "--help"]
    done = CliRunner().invoke(main, arguments, prog_name="drs-sync-policy", terminal_width=88)
    if done.exit_code != 0:
        raise SystemExit(f"`drs-sync-policy {' '.join(arguments)}` failed: {done.output}")
    return done.output.rstrip()
