"""What a shell completes: the verbs, their options and the values of these, as a table.

The fields and faults of the contract are in it, so `make generate` writes it, and
`make check-generated` compares it. `python -m tools.completions` prints it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import click

from tools.documents import ROOT

FILE: Final = ROOT / "src" / "drs_sync_policy" / "cli" / "completions.json"
"""The command reads it."""
_PROFILE: Final = "--profile"


def write() -> None:
    """Put the table of the command as it is now in place of the committed one."""
    FILE.write_text(_fresh(), "utf-8")


def drift() -> Iterator[str]:
    """A line if the committed table is not that of the command as it is now."""
    if not FILE.is_file() or FILE.read_text("utf-8") != _fresh():
        yield f"{FILE.relative_to(ROOT)} differs from what the options of the command say"


def _fresh() -> str:
    """By a process of its own: this one may have loaded what `make generate` has replaced."""
    paths = os.pathsep.join(map(str, (ROOT / "src", ROOT / "generated", ROOT)))
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tools.completions"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"},
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        cause = done.stderr.strip().splitlines()[-1:]
        raise SystemExit(f"the command cannot be loaded with this contract: {''.join(cause)}")
    return done.stdout


def completions() -> dict[str, Any]:
    """The table of `drs_sync_policy.cli.completion`."""
    from drs_sync_policy.cli import main

    context = click.Context(main, info_name="drs-sync-policy", **main.context_settings)
    names = main.list_commands(context)
    found = [(name, main.get_command(context, name)) for name in names]
    verbs = {name: _verb(context, name, command) for name, command in found if command}
    return {"options": _options(context, main), "verbs": verbs}


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


if __name__ == "__main__":
    print(json.dumps(completions(), ensure_ascii=False, indent=1, sort_keys=True))
