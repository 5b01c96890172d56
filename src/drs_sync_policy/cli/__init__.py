"""The command `drs-sync-policy`: one module per verb, each imported only when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

_VERBS: Final = {
    "fuzz": "Judge a server by the contract.",
    "sandbox": "Run the reference server.",
}
"""Each verb with its line in `--help`; `drs_sync_policy.cli.VERB` holds its `command`."""


class _Verbs(click.Group):
    """A group that knows its verbs' names without importing any of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="drs-sync-policy", prog_name="drs-sync-policy")
def main() -> None:
    """Call, imitate and judge the synchronization-policy API of DRS, all from one contract."""
