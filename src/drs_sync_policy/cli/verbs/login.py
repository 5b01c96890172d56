"""The verb `login`: write a profile, the file of which only its owner can read."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import click

from drs_sync_policy.cli.choice import Choice
from drs_sync_policy.client.credentials.passwords import iam_url_for
from drs_sync_policy.client.errors import WrongUseError
from drs_sync_policy.client.regions import checked_region, checked_url, regions
from drs_sync_policy.client.settings import KINDS, SECRETS, VARIABLES, default_file

_BESIDE: Final[Mapping[str, str]] = {"keys": "security_token", "password": "iam_url"}
"""What some credentials of a kind need besides; taken from the environment where it is there."""


@click.command(short_help="Write a profile: server, project and credentials.")
@click.argument("name", default="default")
@click.option("--region", metavar="NAME", help="The region of the server.")
@click.option("--url", metavar="URL", help="The server instead of a region.")
@click.option("--project-id", metavar="ID", help="The project.")
@click.option("--kind", type=Choice(list(KINDS)), help="How to be let in.")
@click.option("--replace", is_flag=True, help="Replace a profile of this name without asking.")
@click.option("--no-secret", is_flag=True, help="Leave the secret out: the environment has it.")
def command(
    name: str,
    region: str | None,
    url: str | None,
    project_id: str | None,
    kind: str | None,
    no_secret: bool,
    replace: bool,
) -> None:
    """Write the profile NAME into the file of profiles, which only you can read.

    What is not given is asked for; secrets are asked for without being shown, or taken from
    DRS_TOKEN, DRS_PASSWORD and the like, and never from the command line. With --no-secret they
    are left out, and each call takes them from there.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise click.BadParameter("a name has letters, digits, - and _ only", param_hint="NAME")
    file = default_file(os.environ)
    _may_write(file, name, replace=replace)
    profile = _server(region, url)
    profile["project_id"] = project_id or _ask("project_id", "Project id")
    if kind is None:
        _needs_terminal("--kind", "|".join(KINDS))
    kind = kind or str(click.prompt("How to be let in", type=Choice(list(KINDS))))
    profile["auth"] = kind
    left = SECRETS if no_secret else frozenset[str]()
    for key in KINDS[kind]:
        if key not in left:
            profile[key] = _ask(key, key.replace("_", " ").capitalize())
    _beside(kind, profile, left)
    try:
        write(file, name, profile)
    except OSError as error:
        raise _unwritable(file, error) from None
    click.echo(f"The profile `{name}` is in {file}.")
    click.echo(f"Check it: drs-sync-policy doctor --profile {name}")


def _server(region: str | None, url: str | None) -> dict[str, str]:
    if region and url:
        raise click.UsageError("give --region or --url, not both.")
    if url:
        try:
            checked_url(url, named="`--url`")
        except WrongUseError as error:
            raise click.UsageError(str(error)) from None
        return {"url": url}
    known = ", ".join(regions())
    if region is None:
        _needs_terminal("--region", f"{'|'.join(regions())}, or --url URL")
        return click.prompt(f"Region ({known}) or URL of another server", value_proc=_place)
    if region not in regions():
        raise click.BadParameter(
            f"choose one of {known}; for another server: --url URL", param_hint="--region"
        )
    return {"region": region}


def _place(answer: str) -> dict[str, str]:
    """A region or a URL that was typed; `click.UsageError` says what may be, and it is asked again.

    What has neither a dot nor a colon is meant to be a region.
    """
    answer = answer.strip()
    try:
        if re.search("[.:/]", answer):
            checked_url(answer, named="this")
            return {"url": answer}
        checked_region(answer, named="the region")
    except WrongUseError as error:
        raise click.UsageError(f"{error}.") from None
    return {"region": answer}


def _may_write(file: Path, name: str, *, replace: bool) -> None:
    """Asks before a profile is lost; `click.UsageError` where it is to stay, or cannot be read."""
    try:
        there = name in tomllib.loads(_before(file))
    except OSError as error:
        raise _unwritable(file, error) from None
    if not there or replace:
        return
    if not sys.stdin.isatty() or not click.confirm(f"Replace the profile `{name}` in {file}?"):
        raise click.UsageError(
            f"there is a profile `{name}` in {file}, which stays as it is: give another NAME,"
            " or --replace."
        )


def _unwritable(file: Path, error: OSError) -> click.UsageError:
    return click.UsageError(
        f"{file} cannot be read or written: {error.strerror}. DRS_PROFILES may name another file."
    )


def _needs_terminal(option: str, choices: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"there is no terminal to ask on: give {option} {choices}.")


def _ask(key: str, label: str) -> str:
    if value := os.environ.get(VARIABLES[key]):
        return value
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"`{key}` is missing: there is no terminal to ask on, so set {VARIABLES[key]}."
        )
    return str(click.prompt(label, hide_input=key in SECRETS))


def _beside(kind: str, profile: dict[str, str], left: frozenset[str]) -> None:
    """A temporary pair of keys has a token of its own; only a region tells where its IAM is."""
    key = _BESIDE.get(kind, "")
    if key in left:
        return
    if value := os.environ.get(VARIABLES.get(key, "")):
        profile[key] = value
    elif key == "iam_url" and "url" in profile and iam_url_for(profile["url"]) is None:
        profile[key] = _ask(key, "URL of IAM")


def write(file: Path, name: str, profile: Mapping[str, str]) -> None:
    """Puts the profile into the file in place of one of its name; other profiles stay as they are.

    The file has mode 600 from its first byte on, and is replaced whole; where it is a link, that
    to which it leads is.
    """
    file = file.resolve()
    before = _before(file)
    lines = [f"{key} = {_toml(key, value)}" for key, value in profile.items()]
    other = _without(before, name).strip("\n")
    text = "\n".join((*([other, ""] if other else []), f"[{name}]", *lines, ""))
    if _parsed(text) != {**tomllib.loads(before), name: dict(profile)}:
        shown = [
            f'{key} = "..."' if key in SECRETS else line
            for key, line in zip(profile, lines, strict=True)
        ]
        raise click.UsageError(
            f"the profile does not fit into {file}; write it by hand:\n\n"
            + "\n".join((f"[{name}]", *shown))
        )
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(file, text.encode())


def _before(file: Path) -> str:
    try:
        before = file.read_text("utf-8") if file.exists() else ""
        tomllib.loads(before)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} is no TOML, so nothing is added to it: {error}") from None
    return before


def _replace(file: Path, content: bytes) -> None:
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _toml(key: str, value: str) -> str:
    """`value` as TOML writes it: JSON's escapes are TOML's, but for one character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise click.UsageError(f"`{key}` is not UTF-8, so no profile can hold it.") from None
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _without(text: str, name: str) -> str:
    """`text` without the table `name`; what stands directly above the next table is that one's."""
    lines = text.splitlines(keepends=True)
    heads = [*_heads(lines), (len(lines), None)]
    for (start, found), (end, _) in pairwise(heads):
        if found == name:
            while end < len(lines) and lines[end - 1].lstrip()[:1] in ("", "#"):
                end -= 1
            return "".join((*lines[:start], *lines[end:]))
    return text


def _heads(lines: Sequence[str]) -> Iterator[tuple[int, str | None]]:
    """The lines that begin a table, each with its name where that has one part.

    A line within a text of several lines may look like one; what stands before it is no TOML then.
    """
    for number, line in enumerate(lines):
        if line.lstrip().startswith("[") and _parsed("".join(lines[:number])) is not None:
            table = _parsed(line) or {}
            yield number, next((name for name, value in table.items() if value == {}), None)
