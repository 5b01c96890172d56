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

from drs_sync_policy import AkSkAuth, PasswordAuth, TokenAuth, WrongUseError, codes, contract
from drs_sync_policy.cli import connection as connections
from drs_sync_policy.cli import exits, preview
from drs_sync_policy.cli.connection import Connection
from drs_sync_policy.failures import certificate_refused
from drs_sync_policy.passwords import LoginFailed
from drs_sync_policy.regions import server_url
from drs_sync_policy.settings import Settings, default_file

_SECONDS: Final = 10.0
_SKEW_SEEN: Final = 60.0
_SKEW_REFUSED: Final = 15 * 60.0
"""A signature of an older or newer date is refused; a token does not care."""
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


@frozen
class Call:
    """What is needed for a call, complete."""

    base_url: str
    project_id: str
    auth: httpx.Auth


@click.command(short_help="Check profile, server, clock and credentials.")
@connections.options
def command(connection: Connection) -> None:
    """Check profile, server, clock and credentials, and say what to fix.

    To see whether the credentials are accepted a call without jobs is sent: it is refused, as the
    contract wants it, and changes nothing.
    """
    worst = exits.DONE
    for finding in _findings(connection):
        mark = click.style("ok  ", "green") if finding.well else click.style("FAIL", "red")
        click.echo(f"{mark} {finding.subject}: {finding.seen}")
        if finding.advice:
            click.echo(f"     {finding.advice}")
        worst = worst or finding.code
    sys.exit(worst)


def _findings(connection: Connection) -> Iterator[Finding]:
    loaded = contract.load()
    shown = f"drs-sync-policy {version('drs-sync-policy')}, contract {loaded.version}"
    yield Finding("program", True, f"{shown}, Python {platform.python_version()}")
    file = default_file(os.environ)
    yield Finding("profiles", True, f"{file} {'is there' if file.exists() else 'is not there'}")
    try:
        call = _call(connection)
    except WrongUseError as error:
        advice = "Give what is missing in the environment, or: drs-sync-policy login"
        yield Finding("settings", False, str(error), advice, exits.WRONG_USE)
        return
    kind = _KINDS.get(type(call.auth), "a token")
    yield Finding("settings", True, f"{call.base_url}, project {call.project_id}, {kind}")
    yield from _server(call)


def _call(connection: Connection) -> Call:
    given = {
        "base_url": connection.url,
        "region": connection.region,
        "project_id": connection.project_id,
        "auth": connection.token,
    }
    options = {name: value for name, value in given.items() if value is not None}
    found = Settings.load(profile=connection.profile).arguments(**options)
    base_url = server_url(region=found.get("region"), base_url=found.get("base_url"))
    auth = found["auth"]
    if isinstance(auth, (PasswordAuth, AkSkAuth)):
        auth = auth.bound(project_id=found["project_id"], base_url=base_url)
    return Call(base_url, found["project_id"], TokenAuth(auth) if isinstance(auth, str) else auth)


def _server(call: Call) -> Iterator[Finding]:
    with httpx.Client(timeout=_SECONDS) as client:
        try:
            answer = client.head(call.base_url)
        except httpx.TransportError as error:
            said = str(error) or type(error).__name__
            advice = "Check the URL, the network, and HTTPS_PROXY or NO_PROXY if there is a proxy."
            if certificate_refused(error):
                advice = "Name a file with the certificate of its authority in SSL_CERT_FILE."
            yield Finding("server", False, f"no answer: {said}", advice, exits.UNREACHABLE)
            return
        yield Finding("server", True, f"answers (status {answer.status_code})")
        yield from _clock(answer, signs=isinstance(call.auth, AkSkAuth))
        yield _credentials(client, call)


def _clock(answer: httpx.Response, *, signs: bool) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        yield Finding("clock", True, "the server does not tell its time")
        return
    off = (datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds()
    seen = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the server's"
    if abs(off) < _SKEW_SEEN:
        yield Finding("clock", True, "agrees with the server's")
    elif signs and abs(off) > _SKEW_REFUSED:
        advice = "Signatures are refused beyond 15 minutes: set the clock, for instance by NTP."
        yield Finding("clock", False, seen, advice, exits.NOT_ALLOWED)
    else:
        yield Finding("clock", True, seen, "Signatures would be refused beyond 15 minutes.")


def _credentials(client: httpx.Client, call: Call) -> Finding:
    address = preview.url(call.base_url, call.project_id)
    try:
        answer = client.post(address, json={"jobs": []}, auth=call.auth)
    except LoginFailed as error:
        advice = "Check user name, domain (account) and password."
        return Finding("credentials", False, str(error), advice, exits.NOT_ALLOWED)
    except httpx.TransportError as error:
        said = str(error) or type(error).__name__
        return Finding("credentials", False, f"no answer: {said}", code=exits.UNREACHABLE)
    if answer.status_code in (400, 422):
        return Finding("credentials", True, "accepted for this project")
    code, message = _error(answer)
    known = codes.find(code, answer.status_code) if code else None
    seen = f"status {answer.status_code} {code} {message}".rstrip()
    advice = f"{known.meaning} {known.remedy}" if known else "Is this the URL of the service?"
    refused = answer.status_code in (401, 403)
    end = exits.NOT_ALLOWED if refused else exits.OUTSIDE_CONTRACT
    return Finding("credentials", False, seen, advice, end)


def _error(answer: httpx.Response) -> tuple[str, str]:
    try:
        body = answer.json()
        return str(body["error_code"]), str(body["error_msg"])
    except (ValueError, KeyError, TypeError):
        return "", ""
