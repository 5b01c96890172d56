"""`drs-sync-policy load`: put a server under load and check its responses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from attrs import evolve
from rich.status import Status
from rich.text import Text

from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import usage_errors
from drs_sync_policy.cli.output.options import target_option, verdict_options
from drs_sync_policy.cli.output.verdict import EXITS, Output
from drs_sync_policy.cli.target import opened
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.load.run import CannotBegin, run, work
from drs_sync_policy.fuzz.load.settings import PORT, Settings
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import ProfileError, Target
from drs_sync_policy.fuzz.target.real_service import is_real, require_permission
from drs_sync_policy.text import counted


@click.command()
@target_option("under load")
@click.option(
    "--users",
    type=click.IntRange(min=1),
    default=10,
    help="How many simulated users send requests at the same time, in total for all workers.",
)
@click.option(
    "--duration",
    type=click.FloatRange(min=1),
    default=60.0,
    help="How many seconds the load lasts.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Maximum number of requests per second, of all users together; default: `max_rps` of the"
    " profile, otherwise no limit.",
)
@click.option(
    "--master",
    is_flag=True,
    help="Be the master: send no requests, and collect the results of the workers.",
)
@click.option(
    "--expect-workers",
    type=click.IntRange(min=1),
    default=1,
    help="How many workers the master waits for before it begins.",
)
@click.option(
    "--worker",
    metavar="HOST",
    help="Be a worker of the master on HOST. If the master cannot be reached, try again for 5"
    " minutes.",
)
@click.option("--bind", default="127.0.0.1", help="The address that a master listens on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=PORT,
    help="The port of the master.",
)
@verdict_options
def command(
    *,
    target: Path,
    users: int,
    duration: float,
    rate: float | None,
    master: bool,
    expect_workers: int,
    worker: str | None,
    bind: str,
    port: int,
    against: Contract,
    output: Output,
) -> None:
    """Put a server under load, and check its responses against the contract.

    The simulated users send valid batches of many sizes and invalid batches, and read the stored
    policies.

    Exit codes: 0 all checked rules passed; 1 a rule failed; 2 usage error; 3 the server rejected
    the credentials of the profile; 5 the server could not be reached; 6 too little was checked;
    130 Ctrl-C.
    """
    settings = Settings(
        profile=str(target),
        edition=against.edition,
        users=users,
        seconds=duration,
        rate=rate,
        role="worker" if worker else "master" if master else "alone",
        host=worker or bind,
        port=port,
        expect_workers=expect_workers,
    )
    if worker and (master or output.folder):
        raise click.UsageError("a worker collects nothing: leave out `--master` and `--report`")
    do = _work if worker else _collect
    with usage_errors(CannotBegin, ProfileError):
        sys.exit(do(settings, against, output))


def _collect(settings: Settings, against: Contract, output: Output) -> int:
    """Run a load and show its verdict."""
    path, log = Path(settings.profile), output.server_log
    with opened(path, against=against, log=log) as target:
        limited = evolve(settings, rate=_rate(settings, target))
        output.announce(target)
        with _shown(output) as progress:
            verdict = run(limited, target, against=against, progress=progress)
    return output.finish(verdict)


def _work(settings: Settings, against: Contract, output: Output) -> int:
    """Be a worker of a load."""
    target = profile.load(settings.profile, against=against)
    require_permission(target)
    with _shown(output) as progress:
        ending, reason = work(settings, target, against=against, progress=progress)
    if reason:
        click.echo(f"{ending}: {reason}", err=True)
    return EXITS.get(ending, exits.DONE)


def _rate(settings: Settings, target: Target) -> float | None:
    """The limit of the load; a real service needs one."""
    limits = [limit for limit in (settings.rate, target.max_rps) if limit]
    if settings.rate is None and is_real(target):
        raise CannotBegin(
            f"{target.url} is a real service: say with `--rate` how many requests a second it gets"
        )
    return min(limits, default=None)


@contextmanager
def _shown(output: Output) -> Generator[Callable[[Mapping[str, Any]], None]]:
    """What shows the course of a load: lines for its steps, and on a terminal its figures."""
    status = Status("starting", console=output.console) if output.console.is_terminal else None

    def show(event: Mapping[str, Any]) -> None:
        said = _LINES.get(event["what"])
        if said and not output.quiet:
            output.console.print(Text(said.format_map(event)), soft_wrap=True)
        if status and event["what"] == "progress":
            requests, errors = event["requests"], event["errors"]
            status.update(f"{counted(requests, 'request')}, {counted(errors, 'error')}")

    if status and not output.quiet:
        with status:
            yield show
    else:
        yield show


_LINES: Final = {
    "listening": "Waiting for workers on {host}:{port}. Stop with Ctrl-C.",
    "workers": "{ready} of {expected} workers are there.",
    "connected": "Working for the master on {host}:{port}.",
    "failed": "FAILED {rule}",
    "checking": "Checking the rest of the responses.",
}
"""What is said of a step."""
