"""Which headers carry credentials, and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HIDDEN: Final = "***"

REQUEST_HEADERS: Final = frozenset(
    {"x-auth-token", "authorization", "x-security-token", "proxy-authorization", "cookie"}
)
RESPONSE_HEADERS: Final = frozenset({"x-subject-token", "x-auth-token", "set-cookie"})


def redacted_request_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request, their credentials replaced."""
    return {n: HIDDEN if n.lower() in REQUEST_HEADERS else value for n, value in headers.items()}


def redacted_response_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of a response, their credentials replaced; the same object if it has none."""
    # A mapping of httpx joins its values with every look at them: most have nothing to replace.
    if not any(name.lower() in RESPONSE_HEADERS for name in headers):
        return headers
    return {n: HIDDEN if n.lower() in RESPONSE_HEADERS else value for n, value in headers.items()}
