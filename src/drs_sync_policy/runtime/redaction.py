"""Credentials in headers, and where a server quotes them: what is shown instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

HIDDEN: Final = "***"

REQUEST_HEADERS: Final = frozenset(
    {"x-auth-token", "authorization", "x-security-token", "proxy-authorization", "cookie"}
)
RESPONSE_HEADERS: Final = frozenset({"x-subject-token", "x-auth-token", "set-cookie"})
_REQUEST_HEADERS: Final = frozenset(name.encode() for name in REQUEST_HEADERS)
_RESPONSE_HEADERS: Final = frozenset(name.encode() for name in RESPONSE_HEADERS)


_SHORTEST: Final = 8


def secrets_sent(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """The credentials in the headers of a request, each also without its scheme."""
    found = [value for name, value in headers if name.lower() in _REQUEST_HEADERS]
    found += [value.partition(b" ")[2] for value in tuple(found) if b" " in value]
    return long_enough(found)


def long_enough(secrets: Iterable[bytes]) -> list[bytes]:
    """Those that do not occur in a text by chance."""
    return [secret for secret in secrets if len(secret) >= _SHORTEST]


def unquoted(text: bytes, secrets: Sequence[bytes]) -> bytes:
    """A text of a server, with `***` in place of each secret that it quotes."""
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN.encode())
    # Some servers escape a slash in JSON. To look for one character first costs almost nothing.
    if b"\\" in text:
        for secret in secrets:
            text = text.replace(secret.replace(b"/", b"\\/"), HIDDEN.encode())
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
