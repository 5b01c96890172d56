"""The console under `/_sandbox/console`: the contract as a page to try requests from.

The page is Scalar's. Its program is not in the repository: `make setup` installs it in a checkout,
and a built package contains it. The page may send requests to this sandbox only.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import JSON, EncodedResponse, Response, encode

PATH: Final = "/_sandbox/console"

STATIC: Final[Traversable] = files("drs_sync_policy.sandbox") / "static"
"""Where the page and its program are."""

_SEGMENTS: Final = tuple(PATH.encode().split(b"/"))
_PROGRAM: Final = "scalar.js"
_HTML: Final = "text/html; charset=utf-8"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_PARTS: Final[Mapping[tuple[bytes, ...], tuple[str, str]]] = {
    (): ("console.html", _HTML),
    (b"before.js",): ("before.js", _SCRIPT),
    (b"scalar.js",): (_PROGRAM, _SCRIPT),
    (b"start.js",): ("start.js", _SCRIPT),
}
_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TOKEN: Final = b'"{token of the first tenant}"'
_NO_PROGRAM: Final = (
    "the console's program is not installed: `make setup` in a checkout brings it, and a package "
    "that is built after that holds it"
)
_NO_SERVICE: Final = (
    "the console calls the API on its own port, and this one has control routes only: "
    "start the sandbox without a control port"
)


class Console:
    """The page, its program, and the contract that it shows; `token` is its default token."""

    def __init__(
        self, contract: Contract, *, token: str = "", static: Traversable = STATIC
    ) -> None:
        self._contract = contract
        self._token = token
        self._static = static

    def serves(self, request: Request) -> bool:
        """Whether the request is for the console or a part of it."""
        return request.segments[: len(_SEGMENTS)] == _SEGMENTS

    def respond(self, request: Request, *, service: bool) -> EncodedResponse:
        """The response; a 404 says what to do if the page cannot work."""
        part = request.segments[len(_SEGMENTS) :]
        if part != (b"openapi.json",) and part not in _PARTS:
            raise rejection.no_such_path()
        if request.method not in ("GET", "HEAD"):
            raise rejection.no_such_method(("GET", "HEAD"))
        if not service:
            return encode(Response(404, {"error": _NO_SERVICE}), request)
        if not (self._static / _PROGRAM).is_file():
            return encode(Response(404, {"error": _NO_PROGRAM}), request)
        if part == (b"openapi.json",):
            return _shown(msgspec.json.encode(self._contract.document), JSON, request)
        name, media_type = _PARTS[part]
        content = (
            (self._static / name).read_bytes().replace(_TOKEN, msgspec.json.encode(self._token))
        )
        return _shown(content, media_type, request)


def _shown(content: bytes, media_type: str, request: Request) -> EncodedResponse:
    headers = {
        "Content-Type": media_type,
        "Content-Length": str(len(content)),
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Request-Id": request.request_id,
    }
    return EncodedResponse(200, headers, b"" if request.method == "HEAD" else content)
