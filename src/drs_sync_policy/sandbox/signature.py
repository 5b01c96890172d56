"""AK/SK: verify the signature that the vendor's SDKs put on a request instead of a token.

The scheme is `SDK-HMAC-SHA256`. The list of signed headers is the caller's: the Python SDK signs
`host` and `x-project-id`, the Terraform client signs neither.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote

from attrs import frozen

from drs_sync_policy.sandbox.http.request import Request

ALGORITHM: Final = "SDK-HMAC-SHA256"
_WINDOW_SECONDS: Final = 15 * 60
_DATE_HEADER: Final = "x-sdk-date"
_DATE_FORMAT: Final = "%Y%m%dT%H%M%SZ"
_CONTENT_HEADER: Final = "x-sdk-content-sha256"
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM}\s+Access=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{{64}})"
)


@frozen
class Claim:
    """What an `Authorization` header says: whose key, over which headers, with which result."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str
    date: str


def claim(request: Request) -> Claim | None:
    """The signature claim of a request, or None if it is missing or cannot be valid.

    It must be well-formed, sign its own date, and be no more than 15 minutes off.
    """
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    date = request.headers.get(_DATE_HEADER)
    if found is None or date is None or not _is_recent(date):
        return None
    signed = tuple(found[2].split(";"))
    if _DATE_HEADER not in signed or any(name not in request.headers for name in signed):
        return None
    return Claim(found[1], signed, found[3], date)


def is_signed(request: Request) -> bool:
    """Whether a request comes with a signature instead of a token, valid or not."""
    return request.headers.get("authorization", "").startswith(ALGORITHM)


def verify(claimed: Claim, request: Request, body: bytes, secret_key: str) -> bool:
    """Whether the signature is the one that `secret_key` makes of the request, in constant time."""
    return hmac.compare_digest(claimed.signature, _sign(claimed, request, body, secret_key))


def _sign(claimed: Claim, request: Request, body: bytes, secret_key: str) -> str:
    digest = hashlib.sha256(_canonical(claimed, request, body)).hexdigest()
    to_sign = f"{ALGORITHM}\n{claimed.date}\n{digest}"
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _canonical(claimed: Claim, request: Request, body: bytes) -> bytes:
    headers = "".join(
        f"{name}:{request.headers[name].strip()}\n" for name in claimed.signed_headers
    )
    return b"\n".join(
        (
            request.method.encode(),
            _path(request).encode(),
            _query(request).encode(),
            headers.encode("latin-1"),
            ";".join(claimed.signed_headers).encode("latin-1"),
            _payload(claimed, request, body).encode(),
        )
    )


def _path(request: Request) -> str:
    path = "/".join(quote(segment, safe="~") for segment in request.segments)
    return path if path.endswith("/") else f"{path}/"


def _query(request: Request) -> str:
    pairs = sorted(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)


def _payload(claimed: Claim, request: Request, body: bytes) -> str:
    unsigned = request.headers.get(_CONTENT_HEADER) == _UNSIGNED
    if body and unsigned and _CONTENT_HEADER in claimed.signed_headers:
        return _UNSIGNED
    return hashlib.sha256(body).hexdigest()


def _is_recent(date: str) -> bool:
    try:
        moment = datetime.strptime(date, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(time.time() - moment.timestamp()) <= _WINDOW_SECONDS
