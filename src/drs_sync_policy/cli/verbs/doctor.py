"""The verb `doctor`: whether this machine can set policies, and what to fix."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

import click
import httpx

from drs_sync_policy import AkSkAuth, Connections, PasswordAuth, WrongUseError, contract
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.connection import Connection, connection_options
from drs_sync_policy.cli.diagnosis import ELSEWHERE, Diagnosis, failed, of_server
from drs_sync_policy.client.network.options import proxy_of
from drs_sync_policy.client.settings import MissingSettingsError, Settings, default_file
from drs_sync_policy.client.shared import credentials_of

_KINDS: Final[dict[type[httpx.Auth], str]] = {
    PasswordAuth: "a user's password",
    AkSkAuth: "AK/SK signatures",
}


@click.command(short_help="Check profile, server, clock and credentials.")
@connection_options
def command(connection: Connection) -> None:
    """Check profile, server, clock and credentials, and say what to fix.

    To test the credentials, the command sends a request without jobs, which changes nothing. If the
    server accepts the credentials, it responds to this request with 400, because jobs are missing.
    """
    diagnoses: list[Diagnosis] = []
    for diagnosis in _diagnoses(connection):
        diagnosis.show()
        diagnoses.append(diagnosis)
    sys.exit(failed(diagnoses))


def _diagnoses(connection: Connection) -> Iterator[Diagnosis]:
    loaded = contract.load()
    shown = f"drs-sync-policy {version('drs-sync-policy')}, contract {loaded.version}"
    yield Diagnosis("program", True, f"{shown}, Python {platform.python_version()}")
    yield Diagnosis("profiles", True, _profiles())
    try:
        client = connection.make()
    except WrongUseError as error:
        missing = isinstance(error, MissingSettingsError)
        advice = "Give it in the environment, or: drs-sync-policy login" if missing else ELSEWHERE
        yield Diagnosis("settings", False, str(error), advice, exits.WRONG_USE)
        return
    auth = credentials_of(client)
    kind = _KINDS.get(type(auth), "a token")
    yield Diagnosis("settings", True, f"{client.base_url}, project {client.project_id}, {kind}")
    if proxy := proxy_of(Connections(), client.base_url):
        yield Diagnosis("proxy", True, f"{proxy.url}, from a variable such as HTTPS_PROXY")
    if isinstance(auth, PasswordAuth):
        yield Diagnosis("login", True, f"{auth.iam_url} gives the token")
    yield from _overruled(connection)
    yield from of_server(client)


def _profiles() -> str:
    """Where profiles are; whether they can be read is seen with the settings."""
    try:
        file = default_file(os.environ)
    except WrongUseError as error:
        return str(error)
    # Unlike that of a Path, it raises nothing.
    there = os.path.isfile(file)  # noqa: PTH113
    return f"{file} {'is there' if there else 'is not there, or is not a file'}"


def _overruled(connection: Connection) -> Iterator[Diagnosis]:
    """What is set and not used: if there is a URL and a region, the URL is used."""
    sources = Settings.load(profile=connection.profile).sources
    if "url" in sources and "region" in sources and not (connection.url or connection.region):
        seen = f"{sources['url']} wins over {sources['region']}, which is not used"
        yield Diagnosis("settings", True, seen)
