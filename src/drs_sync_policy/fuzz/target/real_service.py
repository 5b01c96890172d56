"""Real services are not fuzzed by accident: the hosts in the contract's `servers`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from drs_sync_policy import anyjson, contract
from drs_sync_policy.fuzz.target.profile import ProfileError, Target

_VARIABLE = re.compile(r"\\\{[^}]*\\\}")


def require_permission(target: Target) -> None:
    """Raise `ProfileError` if the target is a real service and the profile does not allow it."""
    if target.allow_real_service or not is_real(target):
        return
    problem = (
        f"`{_host(target.url)}` is a host of the contract's `servers`, so a real service: the"
        " fuzzer would overwrite the policies of its jobs and send it thousands of invalid"
        " requests. If you are sure, set `allow_real_service = true` in `[target]`"
    )
    raise ProfileError(f"of {target.url}", [problem])


def is_real(target: Target) -> bool:
    """Whether the target is a real service."""
    host = _host(target.url)
    return any(known.fullmatch(host) for known in _real_hosts())


def _real_hosts() -> Iterator[re.Pattern[str]]:
    """The hosts in the `servers` of every edition, but not those of this machine."""
    for edition in contract.editions():
        servers: Any = contract.load(edition).document.get("servers")
        for server in anyjson.objects(servers):
            host = _host(anyjson.as_text(server.get("url")))
            if host and not _is_loopback(host):
                # A variable of a server, such as {region}, stands for one label of the name.
                yield re.compile(_VARIABLE.sub("[^.]+", re.escape(host)))


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".").lower()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
