"""The client's errors for those of the network, and requests and responses without credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final, TypeVar

import httpx

from drs_sync_policy.client.network.bodies import ClosedError, UnreadableBodyError
from drs_sync_policy.runtime.errors import (
    ConnectFailedError,
    ConnectionLostError,
    OutsideContractError,
    TimedOutError,
    UnreachableError,
    WrongUseError,
)
from drs_sync_policy.runtime.messages import RequestInfo, ResponseInfo
from drs_sync_policy.runtime.redaction import redacted_request_headers, unquoted

NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""Errors after which the server surely did nothing."""


def certificate_rejected(error: httpx.RequestError) -> bool:
    """Whether the server has a certificate that is not trusted.

    The next attempt would see the same certificate. httpx and httpcore keep only the text.
    """
    return isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def speaks_no_tls(error: httpx.RequestError) -> bool:
    """Whether a server responds to https:// in plain HTTP, or in something else."""
    return isinstance(error, httpx.ConnectError) and any(
        said in str(error) for said in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
    )


def sent_by(error: httpx.RequestError, request: httpx.Request) -> httpx.Request:
    """The request that an error is about: `request`, or the login that it needs."""
    try:
        return error.request
    except RuntimeError:  # the error of a user's transport may have none
        return request


def redacted(request: httpx.Request) -> RequestInfo:
    """A request as it may be shown."""
    headers = redacted_request_headers(request.headers)
    return RequestInfo(request.method, str(request.url), headers, len(request.content))


def response_info(response: httpx.Response, secrets: Sequence[bytes]) -> ResponseInfo:
    """A response as it may be kept, without the secrets that it quotes."""
    headers: Mapping[str, str] = response.headers
    values = b"\n".join([value for _, value in response.headers.raw])
    if unquoted(values, secrets) is not values:
        headers = {
            name: unquoted(value.encode(), secrets).decode() for name, value in headers.items()
        }
    return ResponseInfo(response.status_code, headers, unquoted(response.content, secrets))


E = TypeVar("E", bound=Exception)


def without_headers(error: E) -> E | httpx.LocalProtocolError:
    """The same error, unless its text quotes a header, which may have credentials."""
    if isinstance(error, httpx.LocalProtocolError) and not isinstance(error, ClosedError):
        return httpx.LocalProtocolError("a header or the body is not allowed in HTTP")
    return error


def unreachable(
    error: httpx.RequestError, request: RequestInfo, attempts: int, deadline: float
) -> UnreachableError | OutsideContractError | WrongUseError:
    """The client's error for one of the network."""
    tried = f" after {attempts} attempts" if attempts > 1 else ""
    reason = reason_of(error, deadline)
    if isinstance(error, UnreadableBodyError):
        response = ResponseInfo(error.status, error.headers, b"")
        return OutsideContractError(reason, response=response, request=request)
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
        return WrongUseError(f"{request} could not be sent: {reason}")
    text = f"{request} failed{tried}: {reason}"
    if isinstance(error, httpx.TimeoutException):
        phase = _phase(error, deadline)
        return TimedOutError(text, phase=phase, request=request, attempts=attempts)
    if isinstance(error, (httpx.ConnectError, httpx.ProxyError)):
        return ConnectFailedError(text, request=request, attempts=attempts)
    return ConnectionLostError(text, request=request, attempts=attempts)


def reason_of(error: httpx.RequestError, deadline: float) -> str:
    """What happened, and what to do about it; without the URL of the request."""
    why = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        detail = "" if str(error) in ("", "timed out") else f": {error}"
        return f"its `{_phase(error, deadline)}` timeout expired{detail}"
    if isinstance(error, (httpx.ConnectError, httpx.ProxyError)):
        return f"no connection: {_remedied(error, why)}"
    if isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return f"the connection broke before the response was complete: {why}"
    return why


def _phase(error: httpx.TimeoutException, deadline: float) -> str:
    phase = type(error).__name__.removesuffix("Timeout").lower()
    return "total" if monotonic() >= deadline else phase


def _remedied(error: httpx.RequestError, why: str) -> str:
    """Why there is no connection, and what to do about it."""
    if certificate_rejected(error):
        return (
            f"the server's certificate was rejected: {why}. If your own authority signed it, give"
            " the authority's certificate in `Connections(verify=FILE)` or in SSL_CERT_FILE;"
            " otherwise find out which server responds at this address"
        )
    if speaks_no_tls(error):
        return (
            f"the server does not speak TLS: {why}. Give its URL with http://, or the port of its"
            " https://"
        )
    return (
        f"{why}. Check that the server is running, the URL, the network, and HTTPS_PROXY or"
        " NO_PROXY if there is a proxy"
    )
