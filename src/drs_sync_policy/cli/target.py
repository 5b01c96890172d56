"""The server that the fuzzer checks: the one that a profile describes, or our own sandbox."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from drs_sync_policy.cli.choice import usage_errors
from drs_sync_policy.cli.connection import Connection
from drs_sync_policy.cli.plans import BEFORE_START
from drs_sync_policy.cli.reading import listed
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.processes import ProcessFailed, started
from drs_sync_policy.fuzz.target.profile import ProfileError, Target
from drs_sync_policy.fuzz.target.real_service import require_permission
from drs_sync_policy.text import counted

_EXAMPLE: Final = "target.toml"


@contextmanager
def opened(
    path: Path | None,
    *,
    sandbox: bool = False,
    faults: Sequence[str] = (),
    against: Contract,
    log: Path | None = None,
) -> Generator[Target]:
    """The target of the profile at `path`, or a new sandbox with `faults`, until the block ends.

    The output of a server that the profile starts goes into the file `log`. A profile that cannot
    be used, or a command of it that fails, is a usage error.
    """
    if (path is None) != sandbox:
        raise click.UsageError("give either `--target FILE` or `--sandbox`")
    if faults and not sandbox:
        raise click.UsageError("`--fault` needs `--sandbox`: a fault is a defect of our sandbox")
    if path is None:
        with _our_sandbox(against, faults) as target:
            yield target
        return
    with usage_errors(ProfileError, ProcessFailed):
        target = profile.load(path, against=against)
        require_permission(target)
        with started(target, log=log):
            yield target


def write_example(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """For `--init`: write a commented profile, unless there is a file of that name."""
    if not wanted or context.resilient_parsing:
        return
    _write(_example())
    click.echo(
        f"Wrote {_EXAMPLE}. Write the URL, the token and the jobs of your server into it. Then run:"
        f" drs-sync-policy fuzz --target {_EXAMPLE}"
    )
    context.exit()


def write_listed(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """For `--init-from-list`: write a profile of your server, with the jobs that it lists."""
    if not wanted or context.resilient_parsing:
        return
    client = Connection().client()
    jobs, code = listed(client)
    if code:
        context.exit(code)
    free = [job.id for job in jobs if job.status == BEFORE_START]
    if not free:
        raise click.UsageError(f"the project has no synchronization job in state {BEFORE_START}")
    values = {"url": client.base_url, "project_id": client.project_id, "job_ids": free}
    text = _example().replace("# [readback]\n# kind", "[readback]\nkind")
    for name, value in values.items():
        before, __, after = text.partition(f"\n{name} = ")
        rest = after.partition("\n")[2]
        text = f"{before}\n{name} = {json.dumps(value)}\n{rest}"
    _write(text)
    click.echo(
        f"Wrote {_EXAMPLE} with {counted(len(free), 'job')}. The fuzzer overwrites their policies:"
        f" remove the jobs that are in use, then run: drs-sync-policy fuzz --target {_EXAMPLE}"
    )
    context.exit()


def _example() -> str:
    return files("drs_sync_policy.fuzz").joinpath("example.toml").read_text("utf-8")


def _write(text: str) -> None:
    try:
        with Path(_EXAMPLE).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(f"`{_EXAMPLE}` exists already; it was not changed") from None
    except OSError as error:
        raise click.UsageError(f"`{_EXAMPLE}` cannot be written: {error}") from None


@contextmanager
def _our_sandbox(serves: Contract, faults: Sequence[str]) -> Generator[Target]:
    from drs_sync_policy import sandbox
    from drs_sync_policy.sandbox.faults import UnknownFaultError

    try:
        with sandbox.running(contract=serves, faults=list(faults)) as served:
            yield profile.parse(
                sandbox.target_profile(
                    served.url,
                    tenants=served.tenants,
                    max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES,
                ),
                origin="of our sandbox",
            )
    except UnknownFaultError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from None
    except sandbox.NoHandlerError as error:
        raise click.UsageError(str(error)) from None
