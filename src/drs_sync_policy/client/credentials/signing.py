"""The vendor's AK/SK signature, SDK-HMAC-SHA256.

Each of these traps costs a 401: the canonical URI ends with a slash although the path on the
wire has none; a header with an underscore in its name is not signed; the last canonical header is
followed by an empty line; no key is derived from the secret key.
Source: the vendor's signing guide ("AK/SK signing and authentication") and its public SDKs.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote, unquote

ALGORITHM: Final = "SDK-HMAC-SHA256"
DATE_HEADER: Final = "X-Sdk-Date"


def sdk_date(moment: datetime) -> str:
    """A moment in UTC as `X-Sdk-Date` has it: `20260131T235959Z`."""
    return moment.strftime("%Y%m%dT%H%M%SZ")


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, str]:
    """What is signed, and the names of the headers in it, joined by `;`."""
    signed = {
        name.lower(): value.strip() for name, value in sorted(headers.items()) if "_" not in name
    }
    names = sorted(signed)
    segments = [quote(unquote(segment), safe="-_.~") for segment in path.split("/")]
    uri = "/".join(segments).rstrip("/") + "/"
    lines = [f"{name}:{signed[name]}" for name in names]
    joined = ";".join(names)
    hashed = hashlib.sha256(body).hexdigest()
    text = "\n".join([method.upper(), uri, _canonical_query(query), *lines, "", joined, hashed])
    return text, joined


def authorization(
    access_key: str,
    secret_key: str,
    *,
    method: str,
    path: str,
    headers: Mapping[str, str],
    query: str = "",
    body: bytes = b"",
) -> str:
    """The value of `Authorization` for a request; `headers` must have `X-Sdk-Date`.

    All headers that are given are signed, so do not give one that something on the way may change.
    """
    text, names = canonical_request(method, path, query, headers, body)
    date = next(value for name, value in headers.items() if name.lower() == DATE_HEADER.lower())
    to_sign = f"{ALGORITHM}\n{date}\n{hashlib.sha256(text.encode()).hexdigest()}"
    signature = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}"


def _canonical_query(query: str) -> str:
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    quoted = [
        (quote(unquote(name), "-_.~"), quote(unquote(value), "-_.~")) for name, value in pairs
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(quoted))
