"""`drs-sync-policy fuzz`: judge a server by the contract."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from drs_sync_policy import contract
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import Choice
from drs_sync_policy.cli.target import opened
from drs_sync_policy.fuzz.active import DEFAULT_BUDGET, Interrupted, Progress, Verdict, run
from drs_sync_policy.fuzz.report import files, html, terminal
from drs_sync_policy.fuzz.report.model import ORIGINS, Telling, tell
from drs_sync_policy.fuzz.verdict import Violation

_EXITS = {
    "unreachable": exits.UNREACHABLE,
    "not allowed in": exits.NOT_ALLOWED,
    "too little checked": exits.NOT_CHECKED,
    "interrupted": exits.INTERRUPTED,
}
_PAGE: Final = "report.html"
_SERVER_LOG: Final = "server.log"
_WRITERS: Final[Mapping[str, Callable[[Telling, Path], None]]] = {
    "report.ndjson": files.write_ndjson,
    "junit.xml": files.write_junit,
    _PAGE: html.write,
}


@click.command()
@click.option(
    "--target",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The target profile (TOML) of the server to be checked.",
)
@click.option("--sandbox", is_flag=True, help="Judge our own sandbox, started in this process.")
@click.option(
    "--edition",
    type=Choice(contract.editions()),
    default=contract.BASE_EDITION,
    show_default=True,
    help="The edition of the contract to judge by.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=DEFAULT_BUDGET,
    show_default=True,
    help="Seconds for the run; 0 for the required scenarios alone, until they are finished.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Choose what is sent.")
@click.option(
    "--workers",
    type=click.IntRange(min=1, max=64),
    default=4,
    show_default=True,
    help="How many requests are under way at once.",
)
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for report.html, junit.xml, report.ndjson, long bodies, and server.log:"
    " what a server says that the profile starts.",
)
@click.option(
    "--origin",
    default=",".join(ORIGINS),
    show_default=True,
    metavar="LIST",
    help="Judge the promises of these origins only: `page`, `vendor`, `decision`.",
)
def command(
    *,
    target: Path | None,
    sandbox: bool,
    edition: str,
    budget: float,
    seed: int,
    workers: int,
    report: Path | None,
    origin: str,
) -> None:
    """Judge a server by the contract.

    Exit codes: 0 every promise that was checked is kept, 1 one is broken, 2 wrong use, 3 the server
    refused the profile's credentials, 5 it could not be reached, 6 too little could be checked, or
    the judge itself failed, 130 Ctrl-C ended it.
    """
    origins = _origins(origin)
    import_module("drs_sync_policy.fuzz.stock")  # Where it lacks its library, no request is made.
    if report:
        _must_take_reports(report)
    console = Console(highlight=False, soft_wrap=True)
    against = contract.load(edition)
    log = report / _SERVER_LOG if report else None
    try:
        with opened(target, sandbox=sandbox, against=against, log=log) as chosen:
            verdict = run(
                chosen,
                against=against,
                seed=seed,
                budget=budget,
                workers=workers,
                progress=_progress(console),
            )
    except Interrupted as interrupted:
        verdict = interrupted.verdict
    except KeyboardInterrupt:
        click.echo("Interrupted before the first request.", err=True)
        sys.exit(exits.INTERRUPTED)
    telling = tell(verdict, origins=origins, folder=report)
    terminal.show(telling, console)
    code = _code(verdict, origins)
    if report:
        try:
            _write(telling, report)
        except OSError as error:
            click.echo(f"Error: the reports could not be written: {error}", err=True)
            sys.exit(code or exits.WRONG_USE)
        console.print(Text(f"report: {report / _PAGE}"))
    sys.exit(code)


def _must_take_reports(folder: Path) -> None:
    """End as wrong use, before anything is sent, where `folder` cannot take the reports."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
        for name in _WRITERS:
            if (folder / name).exists():
                (folder / name).open("ab").close()
    except OSError as error:
        raise click.BadParameter(
            f"the reports cannot be written there: {error}; name a folder that can be written to",
            param_hint="--report",
        ) from None


def _write(telling: Telling, folder: Path) -> None:
    for name, write in _WRITERS.items():
        write(telling, folder / name)


def _code(verdict: Verdict, origins: tuple[str, ...]) -> int:
    if verdict.ending in _EXITS:
        return _EXITS[verdict.ending]
    rules = verdict.ledger.rules
    broken = any(
        rules[violation.rule].origin in origins and not verdict.waived.covers(violation.rule)
        for violation in verdict.ledger.violations()
    )
    return exits.BROKEN if broken else exits.DONE


def _origins(text: str) -> tuple[str, ...]:
    chosen = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in chosen if name not in ORIGINS]
    if unknown or not chosen:
        choices = ", ".join(f"`{name}`" for name in ORIGINS)
        raise click.BadParameter(
            f"{', '.join(unknown) or 'nothing'} is no origin; choose from {choices}",
            param_hint="--origin",
        )
    return chosen


def _progress(console: Console) -> Progress:
    status = console.status("starting")
    if not console.is_terminal:
        return Progress()
    status.start()

    def phase(name: str) -> None:
        status.update(f"{name} ...")
        if name == "done":
            status.stop()

    def violation(found: Violation) -> None:
        console.print(Text(f"  broken: {found.rule} ({found.case})", style="red"))

    return Progress(phase=phase, violation=violation)
