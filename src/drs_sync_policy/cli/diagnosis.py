"""Whether a server responds, its clock agrees, and it accepts credentials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import click
import httpx
from attrs import frozen

from drs_sync_policy import AkSkAuth, AsyncSyncPolicyClient, WrongUseError, codes
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.output import preview
from drs_sync_policy.cli.output.prose import fold, width
from drs_sync_policy.client.credentials.login import LoginFailed, host_of, is_login
from drs_sync_policy.client.network.errors import certificate_rejected, speaks_no_tls
from drs_sync_policy.client.shared import credentials_of
from drs_sync_policy.text import printable

ELSEWHERE: Final = (
    "Correct the value. --profile or DRS_PROFILE chooses another profile, DRS_PROFILES another"
    " file of profiles, and `drs-sync-policy login` writes a profile."
)
_SECONDS: Final = 10.0
_INDENT: Final = " " * len("FAIL ")
_SKEW_SEEN: Final = 60.0
_SKEW_REJECTED: Final = 15 * 60.0
"""A signature of an older or newer date is rejected; the date does not matter for a token."""
_REJECTED: Final = "If the clock is wrong by more than 15 minutes, servers reject signatures."
_URL: Final = "Is this the URL of the service?"
_EXPLAIN: Final = "drs-sync-policy explain"


@frozen
class Diagnosis:
    """One thing that was looked at: whether it is well, what was seen, and what to do."""

    subject: str
    well: bool
    seen: str
    advice: str = ""
    code: int = exits.DONE

    def show(self, *, err: bool = False) -> None:
        """Prints it on stdout or stderr, the advice in a line of its own."""
        mark = click.style("ok  ", "green") if self.well else click.style("FAIL", "red")
        seen = printable(f"{self.subject}: {self.seen}")
        columns = width(err=err)
        click.echo(f"{mark} " + fold(seen, columns, first=_INDENT, rest=_INDENT).lstrip(), err=err)
        if self.advice:
            advice = fold(printable(self.advice), columns, first=_INDENT, rest=_INDENT)
            click.echo(advice, err=err)


def failed(diagnoses: Sequence[Diagnosis]) -> int:
    """The exit code that the diagnoses mean."""
    return exits.worst(diagnosis.code for diagnosis in diagnoses)


def of_server(client: AsyncSyncPolicyClient) -> Iterator[Diagnosis]:
    """What the server of a client says, up to the first failure; nothing there is changed."""
    try:
        http = httpx.Client(timeout=_SECONDS)
    except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
        advice = "Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
        said = f"a proxy or a certificate cannot be used: {error}"
        yield Diagnosis("server", False, said, advice, exits.WRONG_USE)
        return
    with http:
        yield from _diagnoses(http, client)


def _diagnoses(http: httpx.Client, client: AsyncSyncPolicyClient) -> Iterator[Diagnosis]:
    auth = credentials_of(client)
    try:
        response = http.head(client.base_url)
    except (httpx.RequestError, httpx.InvalidURL) as error:
        yield Diagnosis("server", False, _no_response(error), _reach(error), exits.UNREACHABLE)
        return
    yield Diagnosis("server", True, f"responds (status {response.status_code})")
    yield from _clock(response, signs=isinstance(auth, AkSkAuth))
    yield _credentials(http, preview.url(client), auth)


def _no_response(error: Exception) -> str:
    return f"no response: {str(error) or type(error).__name__}"


def _reach(error: Exception) -> str:
    if isinstance(error, httpx.RequestError) and certificate_rejected(error):
        return "Set SSL_CERT_FILE to a file with the certificate of its authority."
    if isinstance(error, httpx.RequestError) and speaks_no_tls(error):
        return "The server does not use TLS here: give its URL with http://, or another port."
    return "Check the URL, the network, and HTTPS_PROXY or NO_PROXY if there is a proxy."


def _clock(response: httpx.Response, *, signs: bool) -> Iterator[Diagnosis]:
    try:
        theirs = parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        yield Diagnosis("clock", True, "the server does not send its time")
        return
    off = (datetime.now(UTC) - theirs).total_seconds()
    seen = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the clock of the server"
    if abs(off) < _SKEW_SEEN:
        yield Diagnosis("clock", True, "agrees with the clock of the server")
    elif signs and abs(off) > _SKEW_REJECTED:
        advice = f"{_REJECTED} Set the clock, for example with NTP."
        yield Diagnosis("clock", False, seen, advice, exits.NOT_ALLOWED)
    else:
        yield Diagnosis("clock", True, seen, _REJECTED)


def _credentials(http: httpx.Client, address: str, auth: httpx.Auth) -> Diagnosis:
    try:
        response = http.post(address, json={"jobs": []}, auth=auth)
    except LoginFailed as error:
        advice = "Check user name, domain (account) and password."
        return Diagnosis("credentials", False, str(error), advice, exits.NOT_ALLOWED)
    except WrongUseError as error:
        return Diagnosis("credentials", False, str(error), ELSEWHERE, exits.WRONG_USE)
    except httpx.DecodingError as error:
        said = f"a response that cannot be unpacked: {error}"
        return Diagnosis("service", False, said, _URL, exits.OUTSIDE_CONTRACT)
    except httpx.RequestError as error:
        subject = "credentials"
        if is_login(error.request):
            subject = f"login at {host_of(error.request)}"
        return Diagnosis(subject, False, _no_response(error), _reach(error), exits.UNREACHABLE)
    code, message = _error(response)
    if response.status_code in (400, 422) and code:
        return Diagnosis("credentials", True, "accepted for this project")
    known = codes.find(code, response.status_code) if code else None
    seen = f"status {response.status_code} {code} {message}".rstrip()
    advice = (
        f"{known.remedy.strip().partition('. ')[0].rstrip('.')}. More: {_EXPLAIN} {code}"
        if known
        else _URL
    )
    if response.status_code in (401, 403):
        return Diagnosis("credentials", False, seen, advice, exits.NOT_ALLOWED)
    if response.status_code == 404 and address.count("/v3") > 1:
        advice = f"The URL of the server must end before /v3: the request went to {address}."
    return Diagnosis("service", False, seen, advice, exits.OUTSIDE_CONTRACT)


def _error(response: httpx.Response) -> tuple[str, str]:
    try:
        body = response.json()
        return str(body["error_code"]), str(body["error_msg"])
    except (ValueError, KeyError, TypeError):
        return "", ""
