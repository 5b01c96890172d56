"""The client's errors for those of the network, and requests and responses without credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

import httpx

from drs_sync_policy.client.credentials.login import secrets_in
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
    content = unquoted(response.content, secrets)
    return ResponseInfo(response.status_code, _unquoted_headers(response.headers, secrets), content)


def _unquoted_headers(headers: httpx.Headers, secrets: Sequence[bytes]) -> Mapping[str, str]:
    values = b"\n".join([value for _, value in headers.raw])
    if unquoted(values, secrets) == values:
        return headers
    return {name: unquoted(value.encode(), secrets).decode() for name, value in headers.items()}


def without_secrets(error: httpx.RequestError, request: httpx.Request) -> httpx.RequestError:
    """The same error, with `***` for credentials in its text.

    It may quote a header of the request, or what the server sent in place of a response.
    """
    if isinstance(error, httpx.LocalProtocolError):
        if isinstance(error, ClosedError):
            return error
        return httpx.LocalProtocolError("a header or the body is not allowed in HTTP")
    text = str(error).encode("utf-8", "replace")
    clean = unquoted(text, secrets_in(sent_by(error, request)))
    if clean != text:
        error.args = (clean.decode(),)
    return error


def unreachable(
    error: httpx.RequestError, request: RequestInfo, attempts: int, deadline: float
) -> UnreachableError | OutsideContractError | WrongUseError:
    """The client's error for one of the network."""
    tried = f" after {attempts} attempts" if attempts > 1 else ""
    reason = reason_of(error, deadline)
    if isinstance(error, UnreadableBodyError):
        headers = _unquoted_headers(error.headers, secrets_in(error.request))
        response = ResponseInfo(error.status, headers, b"")
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
            f"the server does not use TLS: {why}. Give its URL with http://, or the port of its"
            " https://"
        )
    return (
        f"{why}. Check that the server is running, the URL, the network, and HTTPS_PROXY or"
        " NO_PROXY if there is a proxy"
    )
