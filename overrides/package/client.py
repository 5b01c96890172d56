"""`Client` and `AuthenticatedClient`, with the server and the header of the contract."""

from __future__ import annotations

from attrs import define, field

from drs_sync_policy.runtime import http_client
from drs_sync_policy.runtime.http_client import DEFAULT_TIMEOUT

from .contract import AUTH_HEADER, SERVERS, USER_AGENT


@define(kw_only=True)
class Client(http_client.Client):
    """A client without credentials; its default server is the first of `SERVERS`."""

    base_url: str = field(default=SERVERS[0], kw_only=False)
    user_agent: str = USER_AGENT


@define(kw_only=True)
class AuthenticatedClient(http_client.AuthenticatedClient):
    """A client that sends a token with every request, in the header that the contract names."""

    base_url: str = field(default=SERVERS[0], kw_only=False)
    user_agent: str = USER_AGENT
    auth_header_name: str = AUTH_HEADER


__all__ = ["DEFAULT_TIMEOUT", "SERVERS", "AuthenticatedClient", "Client"]
