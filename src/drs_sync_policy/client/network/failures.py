"""What the client raises for an error of the network, and what it shows of a request."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Final, TypeVar

import httpx

from drs_sync_policy.client.errors import (
    Answer,
    ConnectFailedError,
    ConnectionLostError,
    OutsideContractError,
    Sent,
    TimedOutError,
    UnreachableError,
    WrongUseError,
)
from drs_sync_policy.client.network.bodies import ClosedError, UnreadableBodyError

_SECRET_HEADERS: Final = frozenset(
    {"x-auth-token", "authorization", "x-security-token", "proxy-authorization", "cookie"}
)

_SECRET_ANSWER_HEADERS: Final = frozenset({"x-subject-token", "x-auth-token", "set-cookie"})
_SECRET_RAW: Final = frozenset(name.encode() for name in _SECRET_ANSWER_HEADERS)

NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""Errors after which the server surely did nothing."""


def certificate_refused(error: httpx.RequestError) -> bool:
    """Whether there was a server, with a certificate that does not convince us.

    The next attempt would see the same certificate. httpx and httpcore keep no more than the text.
    """
    return isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def speaks_no_tls(error: httpx.RequestError) -> bool:
    """Whether a server is there that answers https:// in plain HTTP, or in something else."""
    return isinstance(error, httpx.ConnectError) and any(
        said in str(error) for said in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
    )


def redacted(request: httpx.Request) -> Sent:
    """A request as it may be shown."""
    headers = {
        name: "***" if name in _SECRET_HEADERS else value for name, value in request.headers.items()
    }
    return Sent(request.method, str(request.url), headers, len(request.content))


def shown(response: httpx.Response) -> Answer:
    """An answer as it may be kept: a token or a cookie in its headers is replaced."""
    headers = response.headers
    if any(name.lower() in _SECRET_RAW for name, _ in headers.raw):
        headers = httpx.Headers(_without_secrets(headers))
    return Answer(response.status_code, headers, response.content)


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    return {n: "***" if n in _SECRET_ANSWER_HEADERS else value for n, value in headers.items()}


E = TypeVar("E", bound=Exception)


def unquoted(error: E) -> E | httpx.LocalProtocolError:
    """The same error, unless its text quotes a header, which may be one with credentials."""
    if isinstance(error, httpx.LocalProtocolError) and not isinstance(error, ClosedError):
        return httpx.LocalProtocolError("HTTP allows no such headers or body")
    return error


def unreachable(
    error: httpx.RequestError, sent: Sent, attempts: int, end: float
) -> UnreachableError | OutsideContractError | WrongUseError:
    """What the client raises for an error of the network."""
    tried = f" ({attempts} attempts)" if attempts > 1 else ""
    why = str(error) or type(error).__name__
    if isinstance(error, UnreadableBodyError):
        return OutsideContractError(
            why, answer=Answer(error.status, _without_secrets(error.headers), b""), request=sent
        )
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
        return WrongUseError(f"{sent} could not be sent: {why}")
    if isinstance(error, httpx.TimeoutException):
        phase = type(error).__name__.removesuffix("Timeout").lower()
        phase = "total" if monotonic() >= end else phase
        return TimedOutError(
            f"{sent} took too long{tried}: its `{phase}` timeout ended",
            phase=phase, request=sent, attempts=attempts,
        )  # fmt: skip
    if certificate_refused(error):
        return ConnectFailedError(
            f"{sent}: no connection, because the server's certificate was refused: {why}. Where an"
            " authority of your own signs, give its certificate as `Connections(verify=FILE)` or"
            " in the variable SSL_CERT_FILE; otherwise find out who answers at this address",
            request=sent, attempts=attempts,
        )  # fmt: skip
    if speaks_no_tls(error):
        return ConnectFailedError(
            f"{sent}: no connection, because the server does not speak TLS: {why}. Give its URL"
            " with http:// where that is meant, or the port of its https://",
            request=sent, attempts=attempts,
        )  # fmt: skip
    if isinstance(error, (httpx.ConnectError, httpx.ProxyError)):
        return ConnectFailedError(
            f"{sent}: no connection{tried}: {why}. Does a server run there? Check the URL, the"
            " network, and HTTPS_PROXY or NO_PROXY if there is a proxy",
            request=sent,
            attempts=attempts,
        )
    return ConnectionLostError(
        f"{sent}: the connection broke before the answer was complete{tried}: {why}",
        request=sent, attempts=attempts,
    )  # fmt: skip
