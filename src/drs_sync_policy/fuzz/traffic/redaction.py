"""Keeps bodies out of what is reported of recorded traffic."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from attrs import evolve

from drs_sync_policy.fuzz.verdict import Exchange, Violation

_QUOTED: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\{.*\}|\[.*\]", re.DOTALL)


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
    return f"(redacted: {len(body)} bytes, sha256 {digest})".encode()
