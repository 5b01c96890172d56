"""The headers that real clients add to a request; no server may respond differently for them."""

from __future__ import annotations

from typing import Final

from drs_sync_policy.fuzz.target.http import Headers

_CODED: Final = ("Accept-Encoding", "gzip, deflate")
CLIENTS: Final[dict[str, Headers]] = {
    "no client": (),
    "curl": (("User-Agent", "curl/8.9.1"), ("Accept", "*/*")),
    "requests": (
        ("User-Agent", "python-requests/2.32.3"),
        _CODED,
        ("Accept", "*/*"),
        ("Connection", "keep-alive"),
    ),
    "Go": (("User-Agent", "Go-http-client/1.1"), ("Accept-Encoding", "gzip")),
    "Java": (
        ("User-Agent", "Java/21.0.4"),
        ("Accept", "text/html, image/gif, image/jpeg, */*; q=0.2"),
        ("Connection", "keep-alive"),
    ),
    "OkHttp": (
        ("User-Agent", "okhttp/4.12.0"),
        ("Accept-Encoding", "gzip"),
        ("Connection", "Keep-Alive"),
    ),
    "axios": (
        ("User-Agent", "axios/1.7.7"),
        ("Accept", "application/json, text/plain, */*"),
        _CODED,
    ),
    "fetch": (
        ("User-Agent", "node"),
        ("Accept", "*/*"),
        ("Accept-Language", "*"),
        ("Sec-Fetch-Mode", "cors"),
        _CODED,
    ),
    "a browser": (
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/129.0 Safari/537.36"),
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("Accept-Language", "de-DE,de;q=0.9,en;q=0.5"),
        ("Cache-Control", "no-cache"),
        ("Pragma", "no-cache"),
        ("DNT", "1"),
        _CODED,
    ),
    "Postman": (
        ("User-Agent", "PostmanRuntime/7.42.0"),
        ("Accept", "*/*"),
        ("Cache-Control", "no-cache"),
        ("Postman-Token", "00000000-0000-4000-8000-000000000000"),
        _CODED,
        ("Connection", "keep-alive"),
    ),
    "a gateway": (
        ("User-Agent", "nginx"),
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-Proto", "https"),
        ("X-Request-Id", "0000000000000000"),
        ("Via", "1.1 gateway"),
        ("Forwarded", "for=192.0.2.7;proto=https"),
    ),
    "a tracing library": (
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "a=1"),
        ("baggage", "k=v"),
    ),
}  # fmt: skip
"""Headers by the name of the client."""
