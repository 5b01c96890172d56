"""Keeps credentials, and on demand bodies, out of what is reported of recorded traffic."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from typing import Final

from attrs import evolve

from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Exchange, Violation
from drs_sync_policy.fuzz.target.http import Headers, Request
from drs_sync_policy.fuzz.traffic.recorded import Recorded

HIDDEN: Final = "***"
CREDENTIALS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-auth-token",
        "x-security-token",
        "x-subject-token",
    }
)
"""The headers, in lower case, whose values nobody may see."""
_REDACTED: Final = "(redacted: "

_QUOTED: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\{.*\}|\[.*\]", re.DOTALL)


def without_credentials(recorded: Recorded, known: Container[str]) -> Recorded:
    """An exchange of others without their credentials: all but those that are `known`."""
    request, response = recorded.request, recorded.response
    headers, secret = request.headers, request.secret
    if any(name.lower() in CREDENTIALS for name, _ in headers):
        secret |= CREDENTIALS.intersection(name.lower() for name, _ in headers)
        headers = _hidden(headers, known)
    if response is not None:
        response = evolve(response, headers=_hidden(response.headers, known))
    request = evolve(request, headers=headers, secret=secret)
    return evolve(recorded, request=request, response=response)


def _hidden(headers: Headers, known: Container[str]) -> Headers:
    return tuple(
        (name, HIDDEN)
        if name.lower() in CREDENTIALS and value.strip(" \t") not in known
        else (name, value)
        for name, value in headers
    )


def redacted_finding(finding: Finding) -> Finding:
    """A finding without bodies, and without what it quotes of them."""
    return evolve(
        finding,
        cause=_QUOTED.sub("(redacted)", finding.cause),
        example=redacted(finding.example),
        violations=tuple(map(redacted, finding.violations)),
    )


def is_redacted(request: Request) -> bool:
    """Whether the body of a request was replaced."""
    return (request.body or b"").startswith(_REDACTED.encode())


def redacted(violation: Violation) -> Violation:
    """A violation without the bodies of its exchanges, and without what it quotes of them."""
    return evolve(
        violation,
        expected=_QUOTED.sub("(redacted)", violation.expected),
        received=_QUOTED.sub("(redacted)", violation.received),
        exchanges=tuple(map(_without_bodies, violation.exchanges)),
        stored=None,
    )


def _without_bodies(exchange: Exchange) -> Exchange:
    request, response = exchange.request, exchange.response
    return evolve(
        exchange,
        request=evolve(request, body=_stand_in(request.body)),
        response=response and evolve(response, body=_stand_in(response.body) or b""),
        expectation=evolve(exchange.expectation, items=(), body=None),
    )


def _stand_in(body: bytes | None) -> bytes | None:
    """Different bodies stay different, so that findings are grouped as without redaction."""
    if not body:
        return body
    digest = hashlib.sha256(body).hexdigest()[:16]
    return f"{_REDACTED}{len(body)} bytes, sha256 {digest})".encode()
