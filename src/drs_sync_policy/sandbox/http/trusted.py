"""Which requests the control routes accept: not those that a foreign web page makes a browser send.

A page cannot choose `Host`, `Origin` and `Sec-Fetch-Site`, and sends JSON only to servers that
permit it. If an attacker resolves a name to 127.0.0.1 (DNS rebinding), the name is in `Host`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import JSON, Response
from drs_sync_policy.text import listed

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_FROM_HERE: Final = ("none", "same-origin")
_READS: Final = ("GET", "HEAD")


@frozen
class TrustedHosts:
    """The names under which control routes may be called, in lower case and without a port.

    The address that the connection arrived at is one as well: no attacker can choose it.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, more: Iterable[str]) -> TrustedHosts:
        """The loopback names and `more`."""
        return cls(tuple(dict.fromkeys((*_LOOPBACK, *map(_bracketed, more)))))

    def rejection(self, request: Request) -> Response | None:
        """The 403 or 415 of a request that is not trusted, else None."""
        host = request.headers.get("host", "").lower()
        if not host or _name(host) not in (*self.names, _bracketed(request.server)):
            return _error(
                403,
                f"control routes accept requests to {listed(self.names)} only, not to {host!r};"
                " add a name with `--allow-host`",
            )
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "none")
        if origin is not None and not _is_own(origin.lower(), host, site):
            return _error(403, f"control routes accept no requests of a page from {origin!r}")
        if site not in _FROM_HERE and not _is_link(request):
            return _error(403, "control routes accept no requests of a page from another site")
        if request.method not in _READS and not _is_json(request):
            return _error(415, f"control routes accept changes as `Content-Type: {JSON}` only")
        return None


def _is_own(origin: str, host: str, site: str) -> bool:
    """Whether the page is one of the sandbox.

    Where something in front of the sandbox ends TLS, the origin is https. Then the browser has to
    say that it is the same: on https, another service may have this name.
    """
    return origin == f"http://{host}" or (origin == f"https://{host}" and site == "same-origin")


def _bracketed(name: str) -> str:
    is_ipv6 = ":" in name and not name.startswith("[")
    return f"[{name}]".lower() if is_ipv6 else name.lower()


def _name(host: str) -> str:
    name, bracket, _ = host.partition("]")
    return f"{name}]" if bracket else host.partition(":")[0]


def _is_link(request: Request) -> bool:
    # The page that has the link does not see the response.
    asked = (request.method, request.headers.get("sec-fetch-dest"))
    return asked == ("GET", "document") and request.headers.get("sec-fetch-mode") == "navigate"


def _is_json(request: Request) -> bool:
    given = request.headers.get("content-type")
    if given is None:
        has_body = request.headers.get("content-length", "0").strip() != "0"
        return not (has_body or "transfer-encoding" in request.headers)
    return given.partition(";")[0].strip().lower() == JSON


def _error(status: int, text: str) -> Response:
    return Response(status, {"error": text})
