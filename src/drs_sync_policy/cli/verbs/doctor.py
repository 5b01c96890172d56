"""The verb `doctor`: what stands between this machine and a policy that is set."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final

import click
import httpx
from attrs import frozen

from drs_sync_policy import (
    AkSkAuth,
    AsyncSyncPolicyClient,
    PasswordAuth,
    WrongUseError,
    codes,
    contract,
)
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.connection import Connection, connection_options
from drs_sync_policy.cli.output import preview
from drs_sync_policy.cli.output.prose import fold, width
from drs_sync_policy.client.credentials.login import LoginFailed, host_of, is_login
from drs_sync_policy.client.network.errors import certificate_rejected, speaks_no_tls
from drs_sync_policy.client.settings import MissingSettingsError, Settings, default_file
from drs_sync_policy.client.shared import credentials_of
from drs_sync_policy.text import printable

_SECONDS: Final = 10.0
_INDENT: Final = " " * len("FAIL ")
_SKEW_SEEN: Final = 60.0
_SKEW_REFUSED: Final = 15 * 60.0
"""A signature of an older or newer date is refused; a token does not care."""
_URL: Final = "Is this the URL of the service?"
_ELSEWHERE: Final = (
    "Correct it where it was given. --profile or DRS_PROFILE chooses another profile, DRS_PROFILES"
    " another file of them, and `drs-sync-policy login` writes one."
)
_KINDS: Final[dict[type[httpx.Auth], str]] = {
    PasswordAuth: "a user's password",
    AkSkAuth: "AK/SK signatures",
}


@frozen
class Finding:
    """One thing that was looked at: whether it is well, what was seen, and what to do."""

    subject: str
    well: bool
    seen: str
    advice: str = ""
    code: int = exits.DONE


@click.command(short_help="Check profile, server, clock and credentials.")
@connection_options
def command(connection: Connection) -> None:
    """Check profile, server, clock and credentials, and say what to fix.

    To see whether the credentials are accepted a call without jobs is sent: it is refused, as the
    contract wants it, and changes nothing.
    """
    codes_seen = [_show(finding) for finding in _findings(connection)]
    sys.exit(exits.worst(codes_seen))


def _show(finding: Finding) -> int:
    mark = click.style("ok  ", "green") if finding.well else click.style("FAIL", "red")
    seen = printable(f"{finding.subject}: {finding.seen}")
    click.echo(f"{mark} " + fold(seen, width(), first=_INDENT, rest=_INDENT).lstrip())
    if finding.advice:
        click.echo(fold(printable(finding.advice), width(), first=_INDENT, rest=_INDENT))
    return finding.code


def _findings(connection: Connection) -> Iterator[Finding]:
    loaded = contract.load()
    shown = f"drs-sync-policy {version('drs-sync-policy')}, contract {loaded.version}"
    yield Finding("program", True, f"{shown}, Python {platform.python_version()}")
    yield Finding("profiles", True, _profiles())
    try:
        client = connection.make()
    except WrongUseError as error:
        missing = isinstance(error, MissingSettingsError)
        advice = "Give it in the environment, or: drs-sync-policy login" if missing else _ELSEWHERE
        yield Finding("settings", False, str(error), advice, exits.WRONG_USE)
        return
    auth = credentials_of(client)
    kind = _KINDS.get(type(auth), "a token")
    yield Finding("settings", True, f"{client.base_url}, project {client.project_id}, {kind}")
    if isinstance(auth, PasswordAuth):
        yield Finding("login", True, f"{auth.iam_url} gives the token")
    yield from _overruled(connection)
    try:
        http = httpx.Client(timeout=_SECONDS)
    except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
        advice = "Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
        said = f"a proxy or a certificate cannot be used: {error}"
        yield Finding("server", False, said, advice, exits.WRONG_USE)
        return
    with http:
        yield from _server(http, client)


def _profiles() -> str:
    """Where profiles are; whether they can be read is seen with the settings."""
    try:
        file = default_file(os.environ)
    except WrongUseError as error:
        return str(error)
    # Unlike that of a Path, it raises nothing.
    there = os.path.isfile(file)  # noqa: PTH113
    return f"{file} {'is there' if there else 'is not there, or is not a file'}"


def _overruled(connection: Connection) -> Iterator[Finding]:
    """What is set and does not count: of a server and a region, found both, the server does."""
    sources = Settings.load(profile=connection.profile).sources
    if "url" in sources and "region" in sources and not (connection.url or connection.region):
        seen = f"{sources['url']} wins over {sources['region']}, which is not used"
        yield Finding("settings", True, seen)


def _server(http: httpx.Client, client: AsyncSyncPolicyClient) -> Iterator[Finding]:
    auth = credentials_of(client)
    try:
        answer = http.head(client.base_url)
    except (httpx.RequestError, httpx.InvalidURL) as error:
        yield Finding("server", False, _no_answer(error), _reach(error), exits.UNREACHABLE)
        return
    yield Finding("server", True, f"answers (status {answer.status_code})")
    yield from _clock(answer, signs=isinstance(auth, AkSkAuth))
    yield _credentials(http, preview.url(client), auth)


def _no_answer(error: Exception) -> str:
    return f"no answer: {str(error) or type(error).__name__}"


def _reach(error: Exception) -> str:
    if isinstance(error, httpx.RequestError) and certificate_rejected(error):
        return "Name a file with the certificate of its authority in SSL_CERT_FILE."
    if isinstance(error, httpx.RequestError) and speaks_no_tls(error):
        return "The server does not speak TLS there: give its URL with http://, or another port."
    return "Check the URL, the network, and HTTPS_PROXY or NO_PROXY if there is a proxy."


def _clock(answer: httpx.Response, *, signs: bool) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        yield Finding("clock", True, "the server does not tell its time")
        return
    off = (datetime.now(UTC) - theirs).total_seconds()
    seen = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the server's"
    if abs(off) < _SKEW_SEEN:
        yield Finding("clock", True, "agrees with the server's")
    elif signs and abs(off) > _SKEW_REFUSED:
        advice = "Signatures are refused beyond 15 minutes: set the clock, for instance by NTP."
        yield Finding("clock", False, seen, advice, exits.NOT_ALLOWED)
    else:
        yield Finding("clock", True, seen, "Signatures would be refused beyond 15 minutes.")


def _credentials(http: httpx.Client, address: str, auth: httpx.Auth) -> Finding:
    try:
        answer = http.post(address, json={"jobs": []}, auth=auth)
    except LoginFailed as error:
        advice = "Check user name, domain (account) and password."
        return Finding("credentials", False, str(error), advice, exits.NOT_ALLOWED)
    except WrongUseError as error:
        return Finding("credentials", False, str(error), _ELSEWHERE, exits.WRONG_USE)
    except httpx.DecodingError as error:
        said = f"an answer that cannot be unpacked: {error}"
        return Finding("service", False, said, _URL, exits.OUTSIDE_CONTRACT)
    except httpx.RequestError as error:
        subject = "credentials"
        if is_login(error.request):
            subject = f"login at {host_of(error.request)}"
        return Finding(subject, False, _no_answer(error), _reach(error), exits.UNREACHABLE)
    code, message = _error(answer)
    if answer.status_code in (400, 422) and code:
        return Finding("credentials", True, "accepted for this project")
    known = codes.find(code, answer.status_code) if code else None
    seen = f"status {answer.status_code} {code} {message}".rstrip()
    advice = f"{known.meaning} {known.remedy}" if known else _URL
    if answer.status_code in (401, 403):
        return Finding("credentials", False, seen, advice, exits.NOT_ALLOWED)
    if answer.status_code == 404 and address.count("/v3") > 1:
        advice = f"The URL of the server must end before /v3: the call went to {address}."
    return Finding("service", False, seen, advice, exits.OUTSIDE_CONTRACT)


def _error(answer: httpx.Response) -> tuple[str, str]:
    try:
        body = answer.json()
        return str(body["error_code"]), str(body["error_msg"])
    except (ValueError, KeyError, TypeError):
        return "", ""
