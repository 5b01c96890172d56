"""The page of the command."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import click
from click.testing import CliRunner

from tools.pages.markdown import filtering, table

SHARED: Final = {
    "Connection options": ("--url", "Subcommands that send requests to the service share these."),
    "Report options": ("--baseline", "Subcommands that check a server or traffic share these."),
}
"""Options that several subcommands share: the title, an option that only these have, a text."""
FEWEST: Final = 4
"""An option is shared if so many subcommands of the group have it, with the same text."""
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
    verbs, shared = list(_verbs(main)), _shared(main)
    parts = [
        "# Command reference",
        (
            "This page lists the subcommands and options of the command. `drs-sync-policy COMMAND "
            "--help` prints them, too. Options that several subcommands share, and the [exit "
            "codes](#exit-codes), are at the end."
        ),
        filtering("Find an option", rows=True),
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
        parts += [f"## {title} {{ #{_anchor(path)}{label} }}", *_verb(main, path, verb, shared)]
    for title, records in shared.items():
        rows = (
            (f"`{_value(name, option)}`{{ #{_group(title)}{option.opts[-1]} }}", _bounds(text))
            for (name, text), option in records.items()
        )
        parts += [f"## {title}", SHARED[title][1], table(("Option", "What it does"), rows)]
    parts += ["## Exit codes", table(("Code", "What it means", "What to do"), EXIT_CODES)]
    return "\n\n".join(parts) + "\n"


def options() -> Iterator[tuple[str, str, str, str]]:
    """Each option: its name, what it does, where the page has it, and whose it is."""
    main: click.Group = import_module("drs_sync_policy.cli").main
    shared = _shared(main)
    for title, records in shared.items():
        for (_, text), option in records.items():
            yield option.opts[-1], text, f"{_group(title)}{option.opts[-1]}", title
    for path, verb in _verbs(main):
        command = " ".join(("drs-sync-policy", *path))
        for option, record in _records(main, path, verb):
            if not any(record in records for records in shared.values()):
                yield option.opts[-1], record[1], _place(path, option), command


_Record = tuple[str, str]
"""An option as the help has it: its name with its value, and its text."""


def _records(
    main: click.Group, path: tuple[str, ...], verb: click.Command
) -> Iterator[tuple[click.Option, _Record]]:
    """The options of a subcommand; `--help`, which all have, of the command alone."""
    context = click.Context(verb, info_name=" ".join(path), **main.context_settings)
    for option in verb.get_params(context):
        if isinstance(option, click.Option) and not (path and "--help" in option.opts):
            record = option.get_help_record(context)
            if record is not None:  # else an option for a field of another edition
                yield option, record


def _shared(main: click.Group) -> dict[str, dict[_Record, click.Option]]:
    """The options of each group of `SHARED`."""
    verbs = [{r: option for option, r in _records(main, *entry)} for entry in _verbs(main)]
    shared: dict[str, dict[_Record, click.Option]] = {}
    for title, (mark, _) in SHARED.items():
        having = [found for found in verbs if any(mark in o.opts for o in found.values())]
        number = Counter(record for found in having for record in found)
        known = {record: option for found in having for record, option in found.items()}
        shared[title] = {r: option for r, option in known.items() if number[r] >= FEWEST}
    return shared


def _group(title: str) -> str:
    return title.lower().replace(" ", "-")


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


def _verb(
    main: click.Group,
    path: tuple[str, ...],
    verb: click.Command,
    shared: dict[str, dict[_Record, click.Option]],
) -> Iterator[str]:
    shown = _help(main, path)
    usage = re.match(r"Usage: (.*(?:\n {4,}.*)*)", shown)
    if not usage:
        raise SystemExit(f"`--help` of {path} has no usage: see tools/pages/command.py")
    yield f"```{{ .text .no-copy }}\n{usage[0]}\n```"
    yield inspect.cleandoc(verb.help or "").replace("\b\n", "")
    yield from _examples(shown)
    rows: list[tuple[str, str]] = []
    elsewhere: dict[str, list[str]] = {}
    for option, record in _records(main, path, verb):
        place = _place(path, option)
        title = next((title for title, records in shared.items() if record in records), None)
        if title is None:
            rows.append((f"`{_value(record[0], option)}`{{ #{place} }}", _bounds(record[1])))
        else:
            name = option.opts[-1]
            link = f"[`{name}`](#{_group(title)}{name}){{ #{place} }}"
            elsewhere.setdefault(title, []).append(link)
    if rows:
        yield table(("Option", "What it does"), rows)
    for title, names in elsewhere.items():
        yield f"It also has [{title.lower()}](#{_group(title)}): {', '.join(names)}."


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
