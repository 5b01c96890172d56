"""How connections are made: TLS, proxies and limits."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx
from attrs import field, frozen

from drs_sync_policy.client.network.bodies import MAX_RESPONSE_BYTES
from drs_sync_policy.client.validators import (
    integer_from,
    not_negative,
    optional_integer_from,
)
from drs_sync_policy.runtime.errors import WrongUseError

_CONNECTIONS: Final = 20

Verify = bool | str | Path | ssl.SSLContext
"""True for the usual authorities, a file of certificates, a context, or False to trust all."""


@frozen(kw_only=True)
class Connections:
    """How connections are made: their authorities, their proxy, and their number.

    `proxy` is a URL; without one, `trust_env` takes it from `HTTPS_PROXY` and the like. `limit` is
    the maximum number of connections; None for 20, or for the `concurrency` of `Batches` if that
    is more.
    """

    verify: Verify = True
    proxy: str | None = field(default=None, repr=False)
    trust_env: bool = True
    limit: int | None = field(default=None, validator=optional_integer_from(1))
    keepalive_seconds: float = field(default=30.0, validator=not_negative)
    max_response_bytes: int = field(default=MAX_RESPONSE_BYTES, validator=integer_from(1))

    def proxy_for(self, url: str) -> str | None:
        """The URL of the proxy for `url`; None for a direct connection."""
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
    """The TLS context of the process: to make one costs more than the rest of a client."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        why = _why(error)
    raise WrongUseError(f"the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {why}")


def tls_context(verify: Verify, url: str) -> ssl.SSLContext:
    """The context for connections to `url`; one without authorities for http://."""
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
    raise WrongUseError(
        f"`verify` of `Connections` is '{file}', which cannot be read: {why}. Give a file of PEM"
        " certificates"
    )


def _why(error: OSError) -> str:
    return "it has no certificate" if isinstance(error, ssl.SSLError) else str(error.strerror)


def pool_factory(
    kinds: tuple[Any, Any, Any],
    url: str,
    options: Connections,
    proxy: httpx.Proxy | None,
    concurrency: int,
) -> Callable[[Any], Any]:
    """Makes a pool of httpcore with a network backend.

    It is one of `kinds`: direct, through an HTTP proxy, or through SOCKS.
    """
    limit = options.limit or max(_CONNECTIONS, concurrency)
    arguments: dict[str, Any] = {
        "ssl_context": tls_context(options.verify, url),
        "max_connections": limit,
        "max_keepalive_connections": limit,
        "keepalive_expiry": options.keepalive_seconds,
    }
    if proxy is None:
        return lambda backend: kinds[0](network_backend=backend, **arguments)
    target = httpcore.URL(
        scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=b"/"
    )
    arguments |= {"proxy_url": target, "proxy_auth": proxy.raw_auth}
    if proxy.url.scheme.startswith("socks"):
        return lambda backend: kinds[2](network_backend=backend, **arguments)
    if proxy.url.scheme == "https":
        arguments["proxy_ssl_context"] = tls_context(options.verify, "https:")
    return lambda backend: kinds[1](network_backend=backend, **arguments)


def proxy_of(options: Connections, url: str) -> httpx.Proxy | None:
    """The proxy for `url`; an error does not quote its credentials."""
    found: httpx.Proxy | None = None
    wrong = ""
    try:
        found = _parsed(options.proxy_for(url))
    except (ValueError, httpx.InvalidURL):
        wrong = "its URL must start with http://, https://, socks5:// or socks5h://"
    if found is not None and found.url.scheme.startswith("socks") and not find_spec("socksio"):
        wrong = "SOCKS needs the package `socksio`: pip install 'httpx[socks]'"
    if wrong:
        raise WrongUseError(
            f"the proxy cannot be used: {wrong}. It comes from `Connections(proxy=)`, or from a"
            " variable such as HTTPS_PROXY or ALL_PROXY; NO_PROXY lists hosts to reach directly"
        )
    return found


def _parsed(address: str | None) -> httpx.Proxy | None:
    return None if address is None else httpx.Proxy(address)
