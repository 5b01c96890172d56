"""The command `drs-sync-policy`: one module per verb, each imported only when it is used."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NoReturn

import click

from drs_sync_policy.cli import exits
from drs_sync_policy.cli.examples import epilog
from drs_sync_policy.text import did_you_mean

_VERBS: Final = {
    "apply": "Set the policies that are in a file.",
    "set": "Set the policy of one job or several.",
    "get": "Show the policies of jobs.",
    "plan": "Show what `apply` would change.",
    "login": "Write a profile: server, project and credentials.",
    "doctor": "Check profile, server, clock and credentials.",
    "explain": "Explain an error code, a status or a rule.",
    "contract": "Print the contract, its rules or the error codes.",
    "sandbox": "Run the sandbox, a test server. [needs the extra `sandbox`]",
    "fuzz": "Check a server against the contract. [needs the extra `fuzz`]",
    "check": "Check recorded traffic against the contract. [needs the extra `fuzz`]",
    "replay": "Send the requests of findings again. [needs the extra `fuzz`]",
    "merge": "Join the verdicts of several runs. [needs the extra `fuzz`]",
    "proxy": "Forward live traffic and check it. [needs the extra `fuzz`]",
    "load": "Put a server under load and check its responses. [needs the extra `load`]",
    "completion": "Print the script for tab completion in a shell.",
}
"""Each verb with its line in `--help`; `drs_sync_policy.cli.verbs.VERB` holds its `command`."""

_EXTRAS: Final = {
    "sandbox": ("sqlalchemy", "starlette", "uvicorn", "jsonschema_rs"),
    "fuzz": ("schemathesis", "hypothesis", "jsonschema_rs"),
    "check": ("ijson", "jsonschema_rs"),
    "replay": ("jsonschema_rs",),
    "proxy": ("h11", "jsonschema_rs"),
    "load": ("locust", "jsonschema_rs"),
    "merge": ("jsonschema_rs",),
}
"""What a verb needs beyond the extra `cli`; looked for before it begins."""
_EXTRA_OF: Final = {"check": "fuzz", "replay": "fuzz", "proxy": "fuzz", "merge": "fuzz"}
"""The extra of a verb, where it does not have the verb's name."""


ASKED: Final = "_DRS_SYNC_POLICY_COMPLETE"
"""The variable by which a shell asks for completions; click derives it from the command's name."""


class _Verbs(click.Group):
    """A group that knows its verbs' names without importing any of them."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """As click's, but an unexpected error is reported without a traceback."""
        if ASKED in os.environ:
            from drs_sync_policy.cli.completion import completions

            if (found := completions(os.environ)) is not None:
                click.echo(found, nl=False)
                sys.exit(exits.DONE)
        try:
            return super().main(*args, **extra)
        except Exception as error:
            if not extra.get("standalone_mode", True):
                raise
            # Imported late: nearly every run does without it.
            from drs_sync_policy.cli.unexpected import report

            sys.exit(report(error))

    def invoke(self, ctx: click.Context) -> Any:
        """As click's, but Ctrl-C ends with the code that shells expect, wherever it comes."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nInterrupted.", err=True)
            ctx.exit(exits.INTERRUPTED)
        except ModuleNotFoundError as error:
            self._lacks(ctx, ctx.invoked_subcommand or "", error)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            # While a shell completes, an unknown word has no completions.
            return None if ctx.resilient_parsing else self._unknown(ctx, cmd_name)
        for needed in _EXTRAS.get(cmd_name, ()):
            if find_spec(needed) is None:
                error = ModuleNotFoundError(name=needed)
                return None if ctx.resilient_parsing else self._lacks(ctx, cmd_name, error)
        collects = gc.isenabled()
        gc.disable()  # what is imported stays: to look for garbage in it takes time
        try:
            command: click.Command = import_module(f"{__name__}.verbs.{cmd_name}").command
        except ModuleNotFoundError as error:
            if ctx.resilient_parsing:
                return None
            self._lacks(ctx, cmd_name, error)
        finally:
            if collects:
                gc.enable()
        command.short_help = _VERBS[cmd_name].partition(" [")[0]
        command.epilog = epilog(cmd_name)
        return command

    def _unknown(self, ctx: click.Context, cmd_name: str) -> NoReturn:
        hint = did_you_mean(cmd_name, _VERBS) or f"; choose one of {', '.join(_VERBS)}."
        ctx.fail(f"there is no command `{cmd_name}`{hint}")

    def _lacks(self, ctx: click.Context, cmd_name: str, error: ModuleNotFoundError) -> NoReturn:
        if (error.name or "").startswith(__name__.partition(".")[0]):
            raise error
        extra = _EXTRA_OF.get(cmd_name, cmd_name if cmd_name in _EXTRAS else "cli")
        ctx.fail(
            f"`{cmd_name}` needs the module `{error.name}`, which is not installed."
            f" Run: pip install 'drs-sync-policy[{extra}]'"
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import version

    from drs_sync_policy import contract

    loaded = contract.load()
    click.echo(
        f"drs-sync-policy {version('drs-sync-policy')}"
        f" (contract {loaded.version}, sha256 {loaded.sha256})"
    )
    ctx.exit()


@click.group(
    cls=_Verbs,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "show_default": True,
    },
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Show the versions of the package and of the contract.",
)  # fmt: skip
@click.pass_context
def main(context: click.Context) -> None:
    """Call the DRS synchronization-policy API, run a sandbox of it, or check a server."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        context.color = False
