"""Credentials in headers, and where a server quotes them: what is shown instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

HIDDEN: Final = "***"

REQUEST_HEADERS: Final = frozenset(
    {"x-auth-token", "authorization", "x-security-token", "proxy-authorization", "cookie"}
)
RESPONSE_HEADERS: Final = frozenset({"x-subject-token", "x-auth-token", "set-cookie"})
_REQUEST_HEADERS: Final = frozenset(name.encode() for name in REQUEST_HEADERS)
_RESPONSE_HEADERS: Final = frozenset(name.encode() for name in RESPONSE_HEADERS)


_SHORTEST: Final = 8
"""Anything shorter occurs in a text by chance."""


def secrets_sent(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """The credentials in the headers of a request, each also without its scheme."""
    found = [value for name, value in headers if name.lower() in _REQUEST_HEADERS]
    return [*found, *[value.partition(b" ")[2] for value in found if b" " in value]]


def quotable(secrets: Iterable[bytes]) -> list[bytes]:
    """The texts by which a server may quote secrets; in JSON some escape a slash."""
    long = [secret for secret in secrets if len(secret) >= _SHORTEST]
    return [*long, *[secret.replace(b"/", b"\\/") for secret in long if b"/" in secret]]


def unquoted(text: bytes, quotable: Iterable[bytes]) -> bytes:
    """A text of a server, with `***` in place of each secret that it quotes."""
    for secret in quotable:
        if secret in text:
            text = text.replace(secret, HIDDEN.encode())
    return text


def redacted_request_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request, their credentials replaced."""
    return {n: HIDDEN if n.lower() in REQUEST_HEADERS else value for n, value in headers.items()}


def redacted_response_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of a response, their credentials replaced; the same object if it has none."""
    # To look at a mapping of httpx is slow; at its list it is not. Most have nothing to replace.
    listed: list[tuple[bytes, bytes]] | None = getattr(headers, "raw", None)
    if listed is None:
        clean = RESPONSE_HEADERS.isdisjoint([name.lower() for name in headers])
    else:
        clean = _RESPONSE_HEADERS.isdisjoint([name.lower() for name, _ in listed])
    if clean:
        return headers
    return {n: HIDDEN if n.lower() in RESPONSE_HEADERS else value for n, value in headers.items()}
