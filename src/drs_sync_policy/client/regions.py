"""The servers that the contract names, by region, and the edition of each."""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from drs_sync_policy.runtime.errors import Problem, WrongUseError
from drs_sync_policy.text import did_you_mean, listed
from drs_sync_policy_api.contract import EDITIONS

BASE_EDITION: Final = next(iter(EDITIONS))
"""The edition of a server that the contract does not name."""


def regions(edition: str = BASE_EDITION) -> dict[str, str]:
    """The URL for each region of an edition's servers: the second part of their host names."""
    found: dict[str, str] = {}
    for url in EDITIONS[edition]:
        host = urlsplit(url).hostname or ""
        if url.startswith("https:") and host.count(".") >= 2:
            found[host.split(".")[1]] = url
    return found


def edition_of(url: str) -> str:
    """The edition whose servers have this host; the base if none does."""
    return _editions_by_host().get(urlsplit(url).hostname or "", BASE_EDITION)


@cache
def _editions_by_host() -> dict[str, str]:
    # In reverse: of several editions with this host, the first counts.
    pairs = [(edition, url) for edition in EDITIONS for url in regions(edition).values()]
    return {urlsplit(url).hostname or "": edition for edition, url in reversed(pairs)}


def checked_edition(edition: str) -> str:
    """The edition; raises `WrongUseError` if the contract does not have it."""
    if edition in EDITIONS:
        return edition
    hint = did_you_mean(edition, EDITIONS)
    problem = Problem("edition", edition, f"choose {listed(EDITIONS)}{hint}", (*EDITIONS,))
    raise WrongUseError(str(problem), [problem])


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
    known: dict[str, str] = {}
    for edition in EDITIONS:
        known = {**regions(edition), **known}
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

    no_url = WrongUseError(f"{named} must be a URL such as '{example}': {_flaw(url)}")
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
    if url.lower().startswith(("http://", "https://")):
        return f"{_shown(url)} is not a valid URL"
    if "://" in url:
        return f"{_shown(url)} does not begin with http:// or https://"
    return f"http:// or https:// is missing before {_shown(url)}"


def _shown(url: str) -> str:
    """The URL in quotes, without the text before an @ and after a ? or #."""
    shown = re.split("[?#]", re.sub("^([A-Za-z+.-]+://)?.*@", r"\1***@", url, flags=re.DOTALL))[0]
    return repr(shown if len(shown) <= 100 else f"{shown[:97]}...")


def _choices() -> str:
    named = ", ".join(f"'{region}'" for region in regions())
    more = (
        f", or a region of the edition `{edition}` such as '{next(iter(regions(edition)))}'"
        for edition in EDITIONS
        if edition != BASE_EDITION
    )
    return named + "".join(more)
