"""The server that the fuzzer checks: the one that a profile describes, or our own sandbox."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.processes import ProcessFailed, started
from drs_sync_policy.fuzz.target.profile import ProfileError, Target
from drs_sync_policy.fuzz.target.real_service import require_permission

_EXAMPLE: Final = "target.toml"


@contextmanager
def opened(
    path: Path | None, *, sandbox: bool, against: Contract, log: Path | None = None
) -> Generator[Target]:
    """The target of the profile at `path`, or a new sandbox; it runs until the block ends.

    The output of a server that the profile starts goes into the file `log`. A profile that cannot
    be used, or a command of it that fails, is a usage error.
    """
    if (path is None) != sandbox:
        raise click.UsageError("give either `--target FILE` or `--sandbox`")
    if path is None:
        with _our_sandbox(against) as target:
            yield target
        return
    try:
        target = profile.load(path, against=against)
        require_permission(target)
        with started(target, log=log):
            yield target
    except (ProfileError, ProcessFailed) as error:
        raise click.UsageError(str(error)) from None


def write_example(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """For `--init`: write a commented profile, unless there is a file of that name."""
    if not wanted or context.resilient_parsing:
        return
    text = files("drs_sync_policy.fuzz").joinpath("example.toml").read_text("utf-8")
    try:
        with Path(_EXAMPLE).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(f"`{_EXAMPLE}` exists already; it was not changed") from None
    except OSError as error:
        raise click.UsageError(f"`{_EXAMPLE}` cannot be written: {error}") from None
    click.echo(
        f"Wrote {_EXAMPLE}. Fill in the server, then run: drs-sync-policy fuzz --target {_EXAMPLE}"
    )
    context.exit()


@contextmanager
def _our_sandbox(serves: Contract) -> Generator[Target]:
    from drs_sync_policy import sandbox

    try:
        with sandbox.running(contract=serves) as served:
            yield profile.parse(
                sandbox.target_profile(
                    served.url,
                    tenants=served.tenants,
                    max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES,
                ),
                origin="of our sandbox",
            )
    except sandbox.NoHandlerError as error:
        raise click.UsageError(str(error)) from None
