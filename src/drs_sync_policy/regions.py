"""Where the service is: the servers that the contract names, by region."""

from __future__ import annotations

from urllib.parse import urlsplit

from drs_sync_policy.errors import WrongUseError
from drs_sync_policy_api.errors import Problem
from drs_sync_policy_api.types import SERVERS


def regions() -> dict[str, str]:
    """The URL for each region of the contract's servers: the second part of their host names."""
    found: dict[str, str] = {}
    for url in SERVERS:
        host = urlsplit(url).hostname or ""
        if url.startswith("https:") and host.count(".") >= 2:
            found[host.split(".")[1]] = url
    return found


def server_url(*, region: str | None, base_url: str | None) -> str:
    """The URL of the service; raises `WrongUseError` unless one of the two says which."""
    if (region is None) == (base_url is None):
        raise WrongUseError(
            f"give either `region` (one of {_choices()}) or `base_url`, the URL of another server"
        )
    if region is not None:
        known = regions()
        if region not in known:
            from difflib import get_close_matches

            near = get_close_matches(region, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            problem = Problem("region", region, f"choose one of {_choices()}{hint}", (*known,))
            raise WrongUseError(str(problem), [problem])
        return known[region]
    return _checked(base_url or "")


def _checked(url: str) -> str:
    # Here, because listing the regions needs no httpx.
    from httpx import URL, InvalidURL

    no_url = WrongUseError("`base_url` is no URL such as 'https://drs.eu-de.otc.t-systems.com'")
    try:
        parts = urlsplit(url)
        port = parts.port
        URL(url)
    except (ValueError, InvalidURL):
        raise no_url from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise no_url
    if parts.username or parts.password:
        raise WrongUseError("`base_url` has credentials in it; give them as `auth`")
    if parts.query or parts.fragment:
        raise WrongUseError("`base_url` has a query or a fragment, which no server's URL has")
    return url.rstrip("/")


def _choices() -> str:
    return ", ".join(f"'{region}'" for region in regions())
