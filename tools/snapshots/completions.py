"""What a shell completes: the verbs, their options and the values of these, as a table."""

from __future__ import annotations

from typing import Any, Final

import click

from tools.snapshots.files import as_json

FILE: Final = "../../src/drs_sync_policy/cli/completions.json"
"""From the folder of the snapshots: the command reads it."""
_PROFILE: Final = "--profile"


def completions() -> str:
    """The table of `drs_sync_policy.cli.completion`."""
    from drs_sync_policy.cli import main

    context = click.Context(main, info_name="drs-sync-policy", **main.context_settings)
    names = main.list_commands(context)
    found = [(name, main.get_command(context, name)) for name in names]
    verbs = {name: _verb(context, name, command) for name, command in found if command}
    return as_json({"options": _options(context, main), "verbs": verbs})


def _verb(parent: click.Context, name: str, command: click.Command) -> dict[str, Any]:
    context = click.Context(command, info_name=name, parent=parent)
    arguments = [each for each in command.get_params(context) if isinstance(each, click.Argument)]
    return {
        "help": command.get_short_help_str(200),
        "options": _options(context, command),
        "arguments": [{"often": each.nargs == -1, **_values(context, each)} for each in arguments],
    }


def _options(context: click.Context, command: click.Command) -> dict[str, Any]:
    return {
        name: {
            "help": " ".join((option.help or "").split()),
            "takes": not option.is_flag,
            "often": option.multiple,
            **({"kind": "profile"} if name == _PROFILE else _values(context, option)),
        }
        for option in command.get_params(context)
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
    }


def _values(context: click.Context, parameter: click.Parameter) -> dict[str, Any]:
    items = parameter.shell_complete(context, "")
    if items and items[0].type in ("file", "dir"):
        return {"kind": items[0].type}
    return {"kind": "plain", "values": [str(item.value) for item in items]}
