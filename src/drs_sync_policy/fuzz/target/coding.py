"""Compressed responses, decoded within a limit, and only if the request accepts the coding."""

from __future__ import annotations

import zlib
from typing import Final

from attrs import evolve

from drs_sync_policy.fuzz.target.http import NoResponse, Request, Response

MAX_RESPONSE: Final = 32 * 1024 * 1024
"""No response to any request is longer; it is taken for one that never ends."""
_SMALL_RESPONSE: Final = 1024 * 1024
_RESPONSE_PER_REQUEST: Final = 64
"""So many bytes may come back for each byte sent: an item gives a result with a message."""
CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER_FORMAT: Final = 32 + zlib.MAX_WBITS


def limit(request: Request) -> int:
    """The bytes that the body of a response may have, before and after it is decoded."""
    sent = len(request.body or b"")
    return min(MAX_RESPONSE, _SMALL_RESPONSE + _RESPONSE_PER_REQUEST * sent)


def decoded(response: Response, request: Request) -> Response:
    """The response with its body decoded if the request accepts that; else as it is."""
    coding = (response.header("Content-Encoding") or "").strip().lower()
    accepted = ",".join(request.header("Accept-Encoding")).lower()
    if coding not in CODINGS or coding.removeprefix("x-") not in accepted or not response.body:
        return response
    most = limit(request)
    decoder = zlib.decompressobj(_EITHER_FORMAT)
    try:
        body = decoder.decompress(response.body, most)
    except zlib.error as error:
        raise NoResponse(f"the body is not {coding}, as its Content-Encoding says") from error
    if decoder.unconsumed_tail:
        raise NoResponse(f"the body has more than {most} bytes after {coding} is decoded")
    if not decoder.eof:
        raise NoResponse(f"the body ends before the end of its {coding} coding")
    return evolve(response, body=body)
