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

from drs_sync_policy.sandbox.request import Call

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


def claim(call: Call) -> Claim | None:
    """The claim of a call, or None where it makes none that could hold.

    It must be well-formed, sign its own date, and be no more than 15 minutes off.
    """
    found = _AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
    date = call.headers.get(_DATE_HEADER)
    if found is None or date is None or not _is_recent(date):
        return None
    signed = tuple(found[2].split(";"))
    if _DATE_HEADER not in signed or any(name not in call.headers for name in signed):
        return None
    return Claim(found[1], signed, found[3], date)


def is_signed(call: Call) -> bool:
    """Whether a call comes with a signature instead of a token, be it right or wrong."""
    return call.headers.get("authorization", "").startswith(ALGORITHM)


def verify(claimed: Claim, call: Call, body: bytes, secret_key: str) -> bool:
    """Whether the signature is the one that `secret_key` makes of the call, in constant time."""
    return hmac.compare_digest(claimed.signature, _sign(claimed, call, body, secret_key))


def _sign(claimed: Claim, call: Call, body: bytes, secret_key: str) -> str:
    request = hashlib.sha256(_canonical(claimed, call, body)).hexdigest()
    to_sign = f"{ALGORITHM}\n{claimed.date}\n{request}"
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _canonical(claimed: Claim, call: Call, body: bytes) -> bytes:
    headers = "".join(f"{name}:{call.headers[name].strip()}\n" for name in claimed.signed_headers)
    return b"\n".join(
        (
            call.method.encode(),
            _path(call).encode(),
            _query(call).encode(),
            headers.encode("latin-1"),
            ";".join(claimed.signed_headers).encode("latin-1"),
            _payload(claimed, call, body).encode(),
        )
    )


def _path(call: Call) -> str:
    path = "/".join(quote(segment, safe="~") for segment in call.segments)
    return path if path.endswith("/") else f"{path}/"


def _query(call: Call) -> str:
    pairs = sorted(parse_qsl(call.query.decode("latin-1"), keep_blank_values=True))
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)


def _payload(claimed: Claim, call: Call, body: bytes) -> str:
    unsigned = call.headers.get(_CONTENT_HEADER) == _UNSIGNED
    if body and unsigned and _CONTENT_HEADER in claimed.signed_headers:
        return _UNSIGNED
    return hashlib.sha256(body).hexdigest()


def _is_recent(date: str) -> bool:
    try:
        moment = datetime.strptime(date, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(time.time() - moment.timestamp()) <= _WINDOW_SECONDS
