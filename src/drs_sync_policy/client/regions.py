"""The servers that the contract names, by region."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from drs_sync_policy.runtime.errors import Problem, WrongUseError
from drs_sync_policy.text import did_you_mean
from drs_sync_policy_api.contract import SERVERS


def regions() -> dict[str, str]:
    """The URL for each region of the contract's servers: the second part of their host names."""
    found: dict[str, str] = {}
    for url in SERVERS:
        host = urlsplit(url).hostname or ""
        if url.startswith("https:") and host.count(".") >= 2:
            found[host.split(".")[1]] = url
    return found


def server_url(*, region: str | None, base_url: str | None) -> str:
    """The URL of the service; raises `WrongUseError` unless exactly one of the two is given."""
    if (region is None) == (base_url is None):
        raise WrongUseError(
            f"give either `region` (one of {_choices()}) or `base_url`, the URL of another server"
        )
    if region is not None:
        return checked_region(region)
    return checked_url(base_url or "")


def checked_region(region: str, *, named: str = "`region`") -> str:
    """The URL of the region; `named` is the setting in the text of a `WrongUseError`."""
    known = regions()
    if region not in known:
        hint = did_you_mean(region, known)
        problem = Problem("region", region, f"choose one of {_choices()}{hint}", (*known,))
        raise WrongUseError(str(problem).replace("`region`", named, 1), [problem])
    return known[region]


def checked_url(
    url: str, *, named: str = "`base_url`", example: str = "https://drs.eu-de.otc.t-systems.com"
) -> str:
    """The URL of a server; `named` is the setting in the text of a `WrongUseError`.

    The error does not quote what may be credentials.
    """
    # Here, because listing the regions needs no httpx.
    from httpx import URL, InvalidURL

    no_url = WrongUseError(f"{named} is not a URL such as '{example}': {_flaw(url)}")
    try:
        parts = urlsplit(url)
        port = parts.port
        URL(url)
    except (ValueError, InvalidURL):
        raise no_url from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise no_url
    if parts.username or parts.password:
        raise WrongUseError(f"{named} contains credentials: {_shown(url)}; give them separately")
    if parts.query or parts.fragment:
        raise WrongUseError(f"{named} has a query or a fragment: {_shown(url)}; give it without")
    return url.rstrip("/")


def _flaw(url: str) -> str:
    if "://" in url:
        return f"it is {_shown(url)}"
    return f"http:// or https:// is missing before {_shown(url)}"


def _shown(url: str) -> str:
    """The URL in quotes, without the text before an @ and after a ? or #."""
    shown = re.split("[?#]", re.sub("^([A-Za-z+.-]+://)?.*@", r"\1***@", url, flags=re.DOTALL))[0]
    return repr(shown if len(shown) <= 100 else f"{shown[:97]}...")


def _choices() -> str:
    return ", ".join(f"'{region}'" for region in regions())
