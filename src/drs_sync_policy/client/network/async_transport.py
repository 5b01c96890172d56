"""A transport of httpx that ends at the deadline and limits the length of a response.

It serves the client, and can be given to your own client:
`httpx.AsyncClient(transport=AsyncTransport(), timeout=...)`.
"""

from __future__ import annotations

from typing import Final

import httpcore
import httpx

from drs_sync_policy.client.network.backends import AsyncBackend
from drs_sync_policy.client.network.bodies import MAX_RESPONSE_BYTES, ClosedError, ResponseBody
from drs_sync_policy.client.network.httpcore_bridge import (
    as_httpx_errors,
    has_unread_data,
    to_httpcore,
)
from drs_sync_policy.client.network.logs import hide_credentials
from drs_sync_policy.client.network.options import Connections, make_pool, proxy_of
from drs_sync_policy.client.network.sending import AsyncSend

hide_credentials()

_POOLS: Final = (
    httpcore.AsyncConnectionPool,
    httpcore.AsyncHTTPProxy,
    httpcore.AsyncSOCKSProxy,
)


class AsyncTransport(httpx.AsyncBaseTransport):
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
        self._pool = make_pool(_POOLS, AsyncBackend(), url, options, self._proxy, concurrency)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with as_httpx_errors(request, self._proxy):
            response = await self._pool.handle_async_request(to_httpcore(request))
            try:
                body = ResponseBody(response.headers, response.status, self._max_bytes)
                async for chunk in response.aiter_stream():
                    body.add(chunk)
                if has_unread_data(response):
                    await response.extensions["network_stream"].aclose()
            finally:
                await response.aclose()
        return body.response(request)

    async def aclose(self) -> None:
        await self._pool.aclose()


def async_through(client: httpx.AsyncClient) -> AsyncSend:
    """Sends requests through a user's own client; follows no redirect."""

    async def send(request: httpx.Request) -> httpx.Response:
        if client.is_closed:
            raise ClosedError(request=request)
        # The request has its credentials already; a redirect would carry them elsewhere.
        response = await client.send(request, stream=True, auth=None, follow_redirects=False)
        if response.is_stream_consumed:
            return response
        try:
            body = ResponseBody(response.headers.raw, response.status_code, MAX_RESPONSE_BYTES)
            async for chunk in response.aiter_raw():
                body.add(chunk)
        finally:
            await response.aclose()
        return body.response(request)

    return send


async def async_closed(request: httpx.Request) -> httpx.Response:
    """Sends nothing: the client is closed."""
    raise ClosedError(request=request)
