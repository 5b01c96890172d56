"""The verb `login`: write a profile, the file of which only its owner can read."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from drs_sync_policy.cli.choice import Choice
from drs_sync_policy.regions import regions
from drs_sync_policy.settings import VARIABLES, default_file

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "token": ("token",),
    "password": ("username", "domain", "password"),
    "aksk": ("access_key", "secret_key"),
}
"""The ways to be let in, each with what a profile holds for it."""
_SECRETS: Final = frozenset({"token", "password", "secret_key"})


@click.command(short_help="Write a profile: server, project and credentials.")
@click.argument("name", default="default")
@click.option("--region", metavar="NAME", help="The region of the server.")
@click.option("--url", metavar="URL", help="The server instead of a region.")
@click.option("--project-id", metavar="ID", help="The project.")
@click.option("--kind", type=Choice(list(KINDS)), help="How to be let in.")
def command(
    name: str, region: str | None, url: str | None, project_id: str | None, kind: str | None
) -> None:
    """Write the profile NAME into the file of profiles, which only you can read.

    What is not given is asked for; secrets are asked for without being shown, or taken from
    DRS_TOKEN, DRS_PASSWORD and the like, and never from the command line.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise click.BadParameter("a name has letters, digits, - and _ only", param_hint="NAME")
    profile = _server(region, url)
    profile["project_id"] = project_id or _ask("project_id", "Project id")
    kind = kind or str(click.prompt("How to be let in", type=Choice(list(KINDS))))
    for key in KINDS[kind]:
        profile[key] = _ask(key, key.replace("_", " ").capitalize())
    file = default_file(os.environ)
    write(file, name, profile)
    click.echo(f"The profile `{name}` is in {file}.")
    click.echo(f"Check it: drs-sync-policy doctor --profile {name}")


def _server(region: str | None, url: str | None) -> dict[str, str]:
    if region and url:
        raise click.UsageError("give --region or --url, not both.")
    if url:
        return {"url": url}
    known = list(regions())
    if region is None:
        region = str(click.prompt("Region", type=Choice(known)))
    if region not in known:
        raise click.BadParameter(f"choose one of {', '.join(known)}", param_hint="--region")
    return {"region": region}


def _ask(key: str, label: str) -> str:
    if value := os.environ.get(VARIABLES[key]):
        return value
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"`{key}` is missing: there is no terminal to ask on, so set {VARIABLES[key]}."
        )
    return str(click.prompt(label, hide_input=key in _SECRETS))


def write(file: Path, name: str, profile: Mapping[str, str]) -> None:
    """Puts the profile into the file in place of one of its name; other profiles stay as they are.

    The file has mode 600 from its first byte on, and is replaced whole.
    """
    before = file.read_text("utf-8") if file.exists() else ""
    try:
        tomllib.loads(before)
    except tomllib.TOMLDecodeError as error:
        raise click.UsageError(f"{file} is no TOML, so nothing is added to it: {error}") from None
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in profile.items()]
    table = "\n".join((f"[{name}]", *lines, ""))
    other = re.sub(rf"(?ms)^\[{re.escape(name)}\][^\n]*\n.*?(?=^\[|\Z)", "", before).strip()
    text = f"{other}\n\n{table}" if other else table
    if tomllib.loads(text).get(name) != dict(profile):
        raise click.UsageError(
            f"the profile does not fit into {file}; write it by hand:\n\n{table}"
        )
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    beside.replace(file)
