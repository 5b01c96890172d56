"""The verb `login`: write a profile. Only its owner can read the file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from drs_sync_policy import AsyncSyncPolicyClient
from drs_sync_policy.cli import profiles
from drs_sync_policy.cli.choice import Choice, usage_errors
from drs_sync_policy.cli.diagnosis import failed, of_server
from drs_sync_policy.client.credentials.login import iam_url_for
from drs_sync_policy.client.regions import checked_region, checked_url, regions
from drs_sync_policy.client.settings import (
    KINDS,
    SECRETS,
    VARIABLES,
    MissingSettingsError,
    Settings,
    default_file,
)
from drs_sync_policy.runtime.errors import WrongUseError

_ALSO: Final[Mapping[str, str]] = {"keys": "security_token", "password": "iam_url"}
"""What some credentials of a kind need in addition; from the environment if it is there."""


@click.command(short_help="Write a profile: server, project and credentials.")
@click.argument("name", default="default")
@click.option("--region", metavar="NAME", help="The region of the server.")
@click.option("--url", metavar="URL", help="The URL of the server, instead of --region.")
@click.option("--project-id", metavar="ID", help="The project.")
@click.option("--kind", type=Choice(list(KINDS)), help="The kind of credentials.")
@click.option("--replace", is_flag=True, help="Replace a profile of this name without asking.")
@click.option("--no-secret", is_flag=True, help="Write no secret into the profile.")
@click.option("--no-verify", is_flag=True, help="Write the profile without testing it.")
def command(
    name: str,
    region: str | None,
    url: str | None,
    project_id: str | None,
    kind: str | None,
    no_secret: bool,
    no_verify: bool,
    replace: bool,
) -> None:
    """Write the profile NAME into the file of profiles, which only you can read.

    The command asks for missing values. While you type a secret, it is not shown. You can also set
    a variable such as DRS_TOKEN or DRS_PASSWORD before you run the command; `login` has no option
    for a secret. With --no-secret, the profile has no secret, and each command reads the secret
    from the variable.

    `login` tests the credentials, and writes the profile if the server accepts them. If you give
    --no-verify, or --no-secret without the variable, `login` writes the profile without a test.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise click.BadParameter("a name has letters, digits, - and _ only", param_hint="NAME")
    with usage_errors(WrongUseError):
        file = default_file(os.environ)
    _may_write(file, name, replace=replace)
    profile = _server(region, url)
    profile["project_id"] = project_id or _ask("project_id", "Project id")
    if kind is None:
        _needs_terminal("kind of credentials", f"--kind {'|'.join(KINDS)}")
    kind = kind or str(click.prompt("Kind of credentials", type=Choice(list(KINDS))))
    profile["auth"] = kind
    left = SECRETS if no_secret else frozenset[str]()
    for key in KINDS[kind]:
        if key not in left:
            profile[key] = _ask(key, key.replace("_", " ").capitalize())
    _add_rest(kind, profile, left)
    profiles.encodable(profile)
    tried = not no_verify and _accepted(profile)
    profiles.write(file, name, profile)
    click.echo(f"The profile `{name}` is in {file}.")
    if tried:
        click.echo("The server accepts its credentials.")
    else:
        click.echo(f"Check it: drs-sync-policy doctor --profile {name}")


def _accepted(profile: Mapping[str, str]) -> bool:
    """Tries the profile, and ends if the server does not accept it; False without a secret."""
    given = {VARIABLES[key]: value for key, value in profile.items() if key in VARIABLES}
    for key in SECRETS & {*KINDS[profile["auth"]]} - profile.keys():
        if value := os.environ.get(VARIABLES[key]):
            given[VARIABLES[key]] = value
    with usage_errors(WrongUseError):
        try:
            settings = Settings.load(environment=given, file=Path(os.devnull))
            client = AsyncSyncPolicyClient(**settings.arguments())
        except MissingSettingsError:
            return False
    diagnoses = list(of_server(client))
    if code := failed(diagnoses):
        for diagnosis in diagnoses:
            if not diagnosis.well:
                diagnosis.show(err=True)
        click.echo("The profile was not written; --no-verify writes it without a try.", err=True)
        sys.exit(code)
    return True


def _server(region: str | None, url: str | None) -> dict[str, str]:
    if region and url:
        raise click.UsageError("give --region or --url, not both.")
    try:
        if url:
            checked_url(url, named="`--url`")
            return {"url": url}
        if region is not None:
            checked_region(region, named="`--region`")
            return {"region": region}
    except WrongUseError as error:
        other = "" if url else "\nFor a server that is not in a region, give --url URL."
        raise click.UsageError(f"{error}{other}") from None
    _needs_terminal("server", f"--region NAME (such as {next(iter(regions()))}), or --url URL")
    known = ", ".join(regions())
    return click.prompt(f"Region ({known}, ...) or URL of another server", value_proc=_place)


def _place(typed: str) -> dict[str, str]:
    """The region or the URL that was typed; after a `click.UsageError` click asks again.

    What has neither a dot nor a colon is meant to be a region.
    """
    typed = typed.strip()
    try:
        if re.search("[.:/]", typed):
            checked_url(typed, named="this")
            return {"url": typed}
        checked_region(typed, named="the region")
    except WrongUseError as error:
        raise click.UsageError(f"{error}.") from None
    return {"region": typed}


def _may_write(file: Path, name: str, *, replace: bool) -> None:
    """Asks before a profile is lost; `click.UsageError` if it stays, or cannot be read."""
    if name not in profiles.names(file) or replace:
        return
    if not sys.stdin.isatty() or not click.confirm(f"Replace the profile `{name}` in {file}?"):
        raise click.UsageError(
            f"there is a profile `{name}` in {file}: give another NAME, or --replace it."
        )


def _needs_terminal(missing: str, options: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"the {missing} is missing, and `login` cannot ask for it without a terminal:"
            f" give {options}."
        )


def _ask(key: str, label: str) -> str:
    if value := os.environ.get(VARIABLES[key]):
        return value
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"`{key}` is missing, and `login` cannot ask for it without a terminal: set"
            f" {VARIABLES[key]}."
        )
    return str(click.prompt(label, hide_input=key in SECRETS))


def _add_rest(kind: str, profile: dict[str, str], left: frozenset[str]) -> None:
    """Adds the token of temporary keys, and the IAM server if no region implies it."""
    key = _ALSO.get(kind, "")
    if key in left:
        return
    if value := os.environ.get(VARIABLES.get(key, "")):
        profile[key] = value
    elif key == "iam_url" and "url" in profile and iam_url_for(profile["url"]) is None:
        profile[key] = _ask(key, "URL of IAM")
