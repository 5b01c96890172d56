# Derived from async_transport.py by tools/derive_sync.py: edit that one, then `make generate`.
"""A transport of httpx that ends at the deadline and limits the length of a response.

It serves the client, and can be given to your own client:
`httpx.Client(transport=Transport(), timeout=...)`.
"""

from __future__ import annotations

from typing import Final

import httpcore
import httpx

from drs_sync_policy.client.network.backends import Backend
from drs_sync_policy.client.network.bodies import MAX_RESPONSE_BYTES, ClosedError, ResponseBody
from drs_sync_policy.client.network.httpcore_bridge import (
    as_httpx_errors,
    has_unread_data,
    to_httpcore,
)
from drs_sync_policy.client.network.logs import hide_credentials
from drs_sync_policy.client.network.options import Connections, make_pool, proxy_of
from drs_sync_policy.client.network.sending import Send

hide_credentials()

_POOLS: Final = (
    httpcore.ConnectionPool,
    httpcore.HTTPProxy,
    httpcore.SOCKSProxy,
)


class Transport(httpx.BaseTransport):
    """Sends requests to one server and reads their whole responses."""

    def __init__(
        self,
        url: str = "https:",
        connections: Connections | None = None,
        *,
        concurrency: int = 1,
    ) -> None:
        options = connections or Connections()
        self._max_bytes = options.max_response_bytes
        self._proxy = proxy_of(options, url)
        self._pool = make_pool(_POOLS, Backend(), url, options, self._proxy, concurrency)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with as_httpx_errors(request, self._proxy):
            response = self._pool.handle_request(to_httpcore(request))
            try:
                body = ResponseBody(response.headers, response.status, self._max_bytes)
                for chunk in response.iter_stream():
                    body.add(chunk)
                if has_unread_data(response):
                    response.extensions["network_stream"].close()
            finally:
                response.close()
        return body.response(request)

    def close(self) -> None:
        self._pool.close()


def sync_through(client: httpx.Client) -> Send:
    """Sends requests through a user's own client; follows no redirect."""

    def send(request: httpx.Request) -> httpx.Response:
        if client.is_closed:
            raise ClosedError(request=request)
        # The request has its credentials already; a redirect would carry them elsewhere.
        response = client.send(request, stream=True, auth=None, follow_redirects=False)
        if response.is_stream_consumed:
            return response
        try:
            body = ResponseBody(response.headers.raw, response.status_code, MAX_RESPONSE_BYTES)
            for chunk in response.iter_raw():
                body.add(chunk)
        finally:
            response.close()
        return body.response(request)

    return send


def sync_closed(request: httpx.Request) -> httpx.Response:
    """Sends nothing: the client is closed."""
    raise ClosedError(request=request)
