"""The options of every verb that ends with a verdict, declared once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, cast

import click

from drs_sync_policy import contract
from drs_sync_policy.cli.choice import Choice, F, edition_option, with_options
from drs_sync_policy.cli.output import verdict as verdicts
from drs_sync_policy.cli.output.verdict import Output
from drs_sync_policy.fuzz.report.model import ORIGINS


def target_option(does: str) -> Callable[[F], F]:
    """`--target`, without which the verb cannot run; `does` says what the server does in it."""
    return click.option(
        "--target",
        required=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"The target profile (TOML) of the server {does}.",
    )


def redact_option(function: F) -> F:
    """`--redact-bodies`, for what others sent."""
    return click.option(
        "--redact-bodies",
        is_flag=True,
        help="Keep the bodies of requests and responses out of reports.",
    )(function)


def verdict_options(function: F) -> F:
    """Adds the options of a verdict; the verb gets `against`, the contract, and `output`."""

    @wraps(function)
    def wrapped(**given: Any) -> Any:
        path, write = given.pop("baseline"), given.pop("write_baseline")
        output = Output(
            folder=given.pop("report"),
            profile=given.get("target"),
            origins=given.pop("origins"),
            format=given.pop("form") or verdicts.default_format(),
            verbose=given.pop("verbose"),
            quiet=given.pop("quiet"),
            command=verdicts.repeated(seed=given.get("seed")),
            baseline=path,
            known=verdicts.known_findings(path, write=write),
            rewrites_baseline=write,
        )
        output.prepare()
        against = contract.load(given.pop("edition"))
        return function(output=output, against=against, **given)

    return cast("F", with_options(*_OPTIONS)(wrapped))


_OPTIONS = (
    edition_option("The edition of the contract that the server implements."),
    click.option(
        "--origin",
        "origins",
        default=",".join(ORIGINS),
        metavar="LIST",
        callback=verdicts.origins,
        help="Report only rules of these origins: `page` (the vendor's page of the API),"
        " `vendor` (other"
        " documents of the vendor), `decision` (of this project).",
    ),
    click.option(
        "--report",
        type=click.Path(file_okay=False, path_type=Path),
        help="Write the files of the report into this folder; it is created if it does not exist.",
    ),
    click.option(
        "--format",
        "form",
        type=Choice(verdicts.FORMATS),
        help="`github` adds an annotation for each finding; this is the default on GitHub Actions.",
    ),
    click.option(
        "--baseline",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A file of known findings, each with an expiry date. Until this date, the finding does"
        " not make the run fail.",
    ),
    click.option(
        "--write-baseline",
        is_flag=True,
        help="Write the findings of this run into the file of `--baseline`; remove all other"
        " findings from this file.",
    ),
    click.option(
        "-v", "--verbose", is_flag=True, help="Print the details of each finding at the end."
    ),
    click.option(
        "-q", "--quiet", is_flag=True, help="Print only the findings and counts at the end."
    ),
)
