"""Credentials in headers, and where a server quotes them: what is shown instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

HIDDEN: Final = "***"

REQUEST_HEADERS: Final = frozenset(
    {"x-auth-token", "authorization", "x-security-token", "proxy-authorization", "cookie"}
)
RESPONSE_HEADERS: Final = frozenset({"x-subject-token", "x-auth-token", "set-cookie"})
_REQUEST_HEADERS: Final = frozenset(name.encode() for name in REQUEST_HEADERS)
_RESPONSE_HEADERS: Final = frozenset(name.encode() for name in RESPONSE_HEADERS)


_SHORTEST: Final = 8
_SHORT_TEXT: Final = 64 * 1024


def secrets_sent(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """The credentials in the headers of a request, each also without its scheme."""
    found = [value for name, value in headers if name.lower() in _REQUEST_HEADERS]
    found += [value.partition(b" ")[2] for value in tuple(found) if b" " in value]
    return long_enough(found)


def long_enough(secrets: Iterable[bytes]) -> list[bytes]:
    """Those that do not occur in a text by chance."""
    return [secret for secret in secrets if len(secret) >= _SHORTEST]


def unquoted(text: bytes, secrets: Sequence[bytes]) -> bytes:
    """A text of a server, with `***` in place of each secret that it quotes, escaped or not."""
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN.encode())
    # Most texts have no escape at all. Of long ones, only some are worth the slow search.
    if b"\\" in text:
        for secret in secrets:
            text = text.replace(secret.replace(b"/", b"\\/"), HIDDEN.encode())
            if b"\\u00" in text or len(text) < _SHORT_TEXT:
                text = _escaped(secret).sub(HIDDEN.encode(), text)
    return text


@lru_cache(maxsize=8)
def _escaped(secret: bytes) -> re.Pattern[bytes]:
    """Finds a secret in which any characters are escaped, as in JSON or in a repr of Python."""
    return re.compile(b"".join(map(_spellings, secret.decode("utf-8", "replace"))))


def _spellings(character: str) -> bytes:
    units = character.encode("utf-16-be").hex()
    in_json = "".join(rf"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    in_python = "".join(rf"\\x{byte:02x}" for byte in character.encode())
    plain = re.escape(character.encode())
    return rb"(?:\\{0,7}%b|(?i:%b|%b))" % (plain, in_json.encode(), in_python.encode())


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
