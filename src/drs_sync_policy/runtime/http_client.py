"""The `Client` of the generated package: base URL, headers, token, and one httpx client."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator, Mapping
from threading import Lock
from typing import Any, Final, Self, cast

import httpx
from attrs import define, evolve, field

DEFAULT_TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
"""Seconds for each phase of a request; without an end it could wait forever."""


def _copied(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return dict(mapping)


@define(kw_only=True)
class Client:
    """Where the API is, and how it is called, without credentials.

    The `with_...` methods return a copy with its own connections and leave this one unchanged.

    Attributes:
        base_url: The URL of the server.
        headers: Headers of every request; the dict that was given is copied.
        cookies: Cookies of every request, copied too.
        timeout: Seconds, or the seconds for each phase; None waits forever.
        verify_ssl: Whether to verify the server's certificate, or a file of certificates, or a
            context.
        httpx_args: More arguments for `httpx.Client` and `httpx.AsyncClient`.
        user_agent: The header `User-Agent`.
    """

    base_url: str = field(kw_only=False)
    headers: Mapping[str, str] = field(default={}, converter=_copied, repr=False)
    cookies: Mapping[str, str] = field(default={}, converter=_copied, repr=False)
    timeout: httpx.Timeout | float | None = DEFAULT_TIMEOUT
    verify_ssl: str | bool | ssl.SSLContext = True
    httpx_args: Mapping[str, Any] = field(default={}, converter=_copied, repr=False)
    user_agent: str = "drs-sync-policy"
    _client: httpx.Client | None = field(default=None, init=False, repr=False, eq=False)
    _async_client: httpx.AsyncClient | None = field(default=None, init=False, repr=False, eq=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False, eq=False)

    def credentials(self) -> dict[str, Any]:
        """The keyword arguments that give a request its credentials."""
        return {}

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """A copy of this client that also sends these headers."""
        return evolve(self, headers={**self.headers, **headers})

    def with_cookies(self, cookies: Mapping[str, str]) -> Self:
        """A copy of this client that also sends these cookies."""
        return evolve(self, cookies={**self.cookies, **cookies})

    def with_timeout(self, timeout: httpx.Timeout | float) -> Self:
        """A copy of this client with another timeout."""
        return evolve(self, timeout=timeout)

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Makes this client use yours, with your headers, cookies and timeouts."""
        with self._lock:
            self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """The `httpx.Client` of this client, the same one each time and in every thread."""
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(**self._arguments())
            return self._client

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Makes this client use yours, with your headers, cookies and timeouts."""
        with self._lock:
            self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The `httpx.AsyncClient` of this client, the same one each time."""
        with self._lock:
            if self._async_client is None:
                self._async_client = httpx.AsyncClient(**self._arguments())
            return self._async_client

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(self, *args: object) -> None:
        self.get_httpx_client().__exit__(*cast("Any", args))

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self.get_async_httpx_client().__aexit__(*cast("Any", args))

    def _arguments(self) -> dict[str, Any]:
        return {
            "base_url": self.base_url,
            "headers": {"User-Agent": self.user_agent, **self.headers},
            "cookies": dict(self.cookies),
            "timeout": self.timeout,
            "verify": self.verify_ssl,
            **self.httpx_args,
        }


class _TokenAuth(httpx.Auth):
    """Adds the current token to each request."""

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        client = self._client
        token = client.token() if callable(client.token) else client.token
        request.headers[client.auth_header_name] = f"{client.prefix} {token}".lstrip()
        yield request


@define(kw_only=True)
class AuthenticatedClient(Client):
    """A client that sends a token with every request.

    Attributes:
        token: The token, or a function that returns it. It may be replaced at any time.
        auth_header_name: The header that carries it.
        prefix: The text before it in the header, if there is any.
    """

    token: str | Callable[[], str] = field(repr=False)
    auth_header_name: str = "Authorization"
    prefix: str = ""

    def credentials(self) -> dict[str, Any]:
        """The keyword arguments that give a request its token."""
        return {"auth": _TokenAuth(self)}
