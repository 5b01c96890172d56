"""httpx transports that end in time, read no more than they should, and share one TLS context.

They serve the client, and can be given to an `httpx.Client` of your own:
`httpx.Client(transport=Transport(), timeout=...)`.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx
from attrs import field, frozen

from drs_sync_policy.client.bounds import not_negative, whole, whole_or_none
from drs_sync_policy.client.errors import WrongUseError
from drs_sync_policy.client.network.bodies import MAX_ANSWER_BYTES, Body, ClosedError
from drs_sync_policy.client.network.deadlines import AsyncNetwork, Network

Verify = bool | str | Path | ssl.SSLContext
"""True for the usual authorities, a file of certificates, a context, or False for no check."""


@frozen(kw_only=True)
class Connections:
    """How connections are made: their authorities, their proxy, and how many there are.

    `proxy` is a URL; `trust_env` takes it from `HTTPS_PROXY` and the like where there is none.
    `limit` is the most connections at the same time; None for 20, or for as many as the requests
    of a call that run at once (`Batches`), if these are more.
    """

    verify: Verify = True
    proxy: str | None = field(default=None, repr=False)
    trust_env: bool = True
    limit: int | None = field(default=None, validator=whole_or_none(1))
    keepalive_seconds: float = field(default=30.0, validator=not_negative)
    max_answer_bytes: int = field(default=MAX_ANSWER_BYTES, validator=whole(1))

    def proxy_for(self, url: str) -> str | None:
        """The proxy on the way to `url`, None for none."""
        if self.proxy is not None or not self.trust_env:
            return self.proxy
        target = urlsplit(url)
        proxies = getproxies()
        found = proxies.get(target.scheme) or proxies.get("all")
        if found is None or proxy_bypass(target.hostname or ""):
            return None
        return found if "://" in found else f"http://{found}"


@cache
def shared_tls_context() -> ssl.SSLContext:
    """The TLS context of the process: making one costs more than everything else of a client."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        why = _why(error)
    raise WrongUseError(
        f"the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be used: {why}"
    )


def tls_context(verify: Verify, url: str) -> ssl.SSLContext:
    """The context for connections to `url`; one that trusts nobody where TLS is not used."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, (str, Path)):
        return _trusting(str(verify))
    if not verify:
        return httpx.create_ssl_context(verify=False)
    if url.startswith("http:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return shared_tls_context()


def _trusting(file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:
        why = _why(error)
    raise WrongUseError(f"`verify` of `Connections` is '{file}', which cannot be used: {why}")


def _why(error: OSError) -> str:
    return "it holds none" if isinstance(error, ssl.SSLError) else str(error.strerror)


class Transport(httpx.BaseTransport):
    """Carries requests to one server and reads their answers whole."""

    def __init__(
        self,
        url: str = "https:",
        connections: Connections | None = None,
        *,
        at_once: int = 1,
    ) -> None:
        options = connections or Connections()
        self._max_bytes = options.max_answer_bytes
        self._pool = _make_pool(_SYNC_POOLS, Network(), url, options, at_once)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _as_httpx(request):
            response = self._pool.handle_request(_to_httpcore(request))
            try:
                body = Body(response.headers, response.status, self._max_bytes)
                for chunk in response.iter_stream():
                    body.add(chunk)
                if _has_more(response):
                    response.extensions["network_stream"].close()
            finally:
                response.close()
        return body.response(request)

    def close(self) -> None:
        self._pool.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """Carries requests to one server and reads their answers whole, under asyncio or trio."""

    def __init__(
        self,
        url: str = "https:",
        connections: Connections | None = None,
        *,
        at_once: int = 1,
    ) -> None:
        options = connections or Connections()
        self._max_bytes = options.max_answer_bytes
        self._pool = _make_pool(_ASYNC_POOLS, AsyncNetwork(), url, options, at_once)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _as_httpx(request):
            response = await self._pool.handle_async_request(_to_httpcore(request))
            try:
                body = Body(response.headers, response.status, self._max_bytes)
                async for chunk in response.aiter_stream():
                    body.add(chunk)
                if _has_more(response):
                    await response.extensions["network_stream"].aclose()
            finally:
                await response.aclose()
        return body.response(request)

    async def aclose(self) -> None:
        await self._pool.aclose()


def through(client: httpx.Client) -> Callable[[httpx.Request], httpx.Response]:
    """What carries requests through a client that a user brought; no redirect is followed."""

    def send(request: httpx.Request) -> httpx.Response:
        if client.is_closed:
            raise ClosedError(request=request)
        # The credentials are in the request already; a redirect would carry them elsewhere.
        response = client.send(request, stream=True, auth=None, follow_redirects=False)
        if response.is_stream_consumed:
            return response
        try:
            body = Body(response.headers.raw, response.status_code, MAX_ANSWER_BYTES)
            for chunk in response.iter_raw():
                body.add(chunk)
        finally:
            response.close()
        return body.response(request)

    return send


def through_async(
    client: httpx.AsyncClient,
) -> Callable[[httpx.Request], Awaitable[httpx.Response]]:
    """What carries requests through a client that a user brought; no redirect is followed."""

    async def send(request: httpx.Request) -> httpx.Response:
        if client.is_closed:
            raise ClosedError(request=request)
        response = await client.send(request, stream=True, auth=None, follow_redirects=False)
        if response.is_stream_consumed:
            return response
        try:
            body = Body(response.headers.raw, response.status_code, MAX_ANSWER_BYTES)
            async for chunk in response.aiter_raw():
                body.add(chunk)
        finally:
            await response.aclose()
        return body.response(request)

    return send


def closed(request: httpx.Request) -> httpx.Response:
    """Carries nothing any more."""
    raise ClosedError(request=request)


async def closed_async(request: httpx.Request) -> httpx.Response:
    """Carries nothing any more."""
    raise ClosedError(request=request)


_CONNECTIONS: Final = 20
_SYNC_POOLS: Final = (httpcore.ConnectionPool, httpcore.HTTPProxy, httpcore.SOCKSProxy)
_ASYNC_POOLS: Final = (
    httpcore.AsyncConnectionPool,
    httpcore.AsyncHTTPProxy,
    httpcore.AsyncSOCKSProxy,
)


def _make_pool(
    pools: tuple[Any, Any, Any], network: Any, url: str, options: Connections, at_once: int
) -> Any:
    limit = options.limit or max(_CONNECTIONS, at_once)
    arguments: dict[str, Any] = {
        "ssl_context": tls_context(options.verify, url),
        "max_connections": limit,
        "max_keepalive_connections": limit,
        "keepalive_expiry": options.keepalive_seconds,
        "network_backend": network,
    }
    proxy = _proxy(options, url)
    if proxy is None:
        return pools[0](**arguments)
    target = httpcore.URL(
        scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=b"/"
    )
    if proxy.url.scheme.startswith("socks"):
        return pools[2](proxy_url=target, proxy_auth=proxy.raw_auth, **arguments)
    if proxy.url.scheme == "https":
        arguments["proxy_ssl_context"] = tls_context(options.verify, "https:")
    return pools[1](proxy_url=target, proxy_auth=proxy.raw_auth, **arguments)


def _proxy(options: Connections, url: str) -> httpx.Proxy | None:
    """The proxy on the way to `url`; what is wrong with one is told without its credentials."""
    found: httpx.Proxy | None = None
    wrong = ""
    try:
        found = _parsed(options.proxy_for(url))
    except (ValueError, httpx.InvalidURL):
        wrong = "its address is none that begins with http, https, socks5 or socks5h"
    if found is not None and found.url.scheme.startswith("socks") and not find_spec("socksio"):
        wrong = "for SOCKS the package `socksio` is needed: pip install 'httpx[socks]'"
    if wrong:
        raise WrongUseError(
            f"the proxy cannot be used: {wrong}. It is `Connections(proxy=)`, or else of a variable"
            " such as HTTPS_PROXY or ALL_PROXY, which NO_PROXY can except a host from"
        )
    return found


def _parsed(address: str | None) -> httpx.Proxy | None:
    return None if address is None else httpx.Proxy(address)


def _has_more(response: httpcore.Response) -> bool:
    """Whether more than the answer was read from its connection.

    httpcore would take that for the answer to the next request, and tells nobody of it: only its
    h11 connection knows. Where it can no longer be asked, the tests of wire faults say so.
    """
    held: Any = response.stream
    for name in ("_stream", "_connection", "_h11_state"):
        held = getattr(held, name, None)
    return held is not None and bool(held.trailing_data[0])


def _to_httpcore(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        ),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


@contextmanager
def _as_httpx(request: httpx.Request) -> Generator[None]:
    """Raises errors of httpcore as those of httpx, which have the same names."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    ) as error:
        kind = getattr(httpx, type(error).__name__)
        raise kind(str(error), request=request) from error


class _WithoutTokens(logging.Filter):
    """httpcore logs the headers of answers; that of a login has the token in one."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _TOKEN_HEADER.sub(r"\1'***'", str(record.msg))
        return True


_TOKEN_HEADER: Final = re.compile(r"(b'(?:X-Subject-Token|X-Auth-Token)', b)'[^']*'", re.IGNORECASE)
logging.getLogger("httpcore.http11").addFilter(_WithoutTokens())
